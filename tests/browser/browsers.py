# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Chromium and Firefox without a window, each behind the same few methods.

Chromium is driven by chromedriver, Firefox by its own Marionette protocol:
Debian has no geckodriver. Every host name that tests use leads to this
machine, and certificates are not verified.
"""
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

TIMEOUT = 60  # seconds, for whatever a browser has to do


class Browser:
    """What tests do with either. Elements are found by CSS selectors."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="scep-browser-")

    def home(self):
        """An environment that holds nothing of the user's."""
        return {"PATH": os.environ["PATH"], "HOME": self.dir, "LC_ALL": "C",
                "TMPDIR": self.dir, "XDG_RUNTIME_DIR": self.dir,
                "MOZ_HEADLESS": "1", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}

    def open(self, url):
        """Go to URL as if it were typed in; comes back when it is loaded."""
        raise NotImplementedError

    def run(self, script, *arguments):
        """What SCRIPT, the body of a function, returns in the page."""
        raise NotImplementedError

    def reload(self):
        raise NotImplementedError

    def back(self):
        raise NotImplementedError

    def picture(self):
        """A PNG of the page."""
        raise NotImplementedError

    def click(self, selector):
        """Click as a user does, and wait for the page that comes."""
        self.run("window.scepOld = true")
        self.press(selector)
        self.wait_for("return !window.scepOld && "
                      "document.readyState == 'complete'")

    def press(self, selector):
        """Click as a user does."""
        raise NotImplementedError

    def close(self):
        raise NotImplementedError

    def wait_for(self, script):
        """Until SCRIPT returns something true; a page that is just being
        loaded has no scripts."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            with contextlib.suppress(Exception):
                if result := self.run(script):
                    return result
            time.sleep(0.02)
        raise TimeoutError(script)

    def url(self):
        return self.run("return location.href")

    def text(self, selector="body"):
        """What a user reads of the first such element; None: there is none."""
        return self.run("const found = document.querySelector(arguments[0]);"
                        "return found && found.innerText", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".map(e => e.innerText)", selector)

    def value(self, name):
        """What a field of a form holds."""
        return self.run("return document.querySelector(arguments[0]).value",
                        f"[name='{name}']")

    def fill(self, **fields):
        for name, value in fields.items():
            self.run("document.querySelector(arguments[0]).value = "
                     "arguments[1]", f"[name='{name}']", value)


class Chromium(Browser):
    def __init__(self, names):
        super().__init__()
        options = webdriver.ChromeOptions()
        rules = ",".join(f"MAP {name} 127.0.0.1" for name in names)
        for argument in (
                "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-quic", "--no-first-run", "--disable-sync",
                "--disable-background-networking", "--disable-dev-shm-usage",
                "--disable-component-update", "--ignore-certificate-errors",
                "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode",
                f"--user-data-dir={self.dir}/profile",
                f"--host-resolver-rules={rules}"):
            options.add_argument(argument)
        options.binary_location = shutil.which("chromium")
        self.driver = webdriver.Chrome(options=options, service=Service(
            shutil.which("chromedriver"), env=self.home()))
        self.driver.set_page_load_timeout(TIMEOUT)

    def open(self, url):
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, selector):
        self.driver.find_element("css selector", selector).click()

    def reload(self):
        self.driver.refresh()

    def back(self):
        self.driver.back()

    def picture(self):
        return self.driver.get_screenshot_as_png()

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.dir, ignore_errors=True)


PREFERENCES = {
    "marionette.port": 0, "app.update.disabledForTesting": True,
    "app.normandy.enabled": False, "browser.startup.page": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.newtabpage.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "dom.security.https_first": False, "dom.disable_open_during_load": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True, "network.proxy.type": 0,
    "network.http.phishy-userpass-length": 255,
    "network.auth.confirmAuth.enabled": False,
    "services.settings.server": "", "toolkit.telemetry.enabled": False,
}


class Firefox(Browser):
    """Marionette: each message is its length, a colon, and a JSON list:
    [0, number, command, parameters], answered by [1, number, error, result].
    """

    def __init__(self, names):
        super().__init__()
        profile = os.path.join(self.dir, "profile")
        os.mkdir(profile)
        preferences = {**PREFERENCES, "network.dns.localDomains":
                       ",".join(names)}
        with open(os.path.join(profile, "user.js"), "w",
                  encoding="ascii") as file:
            for name, value in preferences.items():
                file.write(f'user_pref("{name}", {json.dumps(value)});\n')
        self.numbers = itertools.count(1)
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [shutil.which("firefox-esr"), "--marionette", "--headless",
             "--no-remote", "--profile", profile], env=self.home(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            self.link = socket.create_connection(
                ("127.0.0.1", self.port(profile)), TIMEOUT)
            self.stream = self.link.makefile("rb")
            self.receive()  # who it is
            self.call("WebDriver:NewSession", acceptInsecureCerts=True,
                      pageLoadStrategy="normal")
        except BaseException:
            self.kill()
            raise

    def port(self, profile):
        """Firefox writes it there once it listens."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                with open(os.path.join(profile, "MarionetteActivePort"),
                          encoding="ascii") as file:
                    return int(file.read())
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError("Firefox does not start")

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            octet = self.stream.read(1)
            if not octet:
                raise RuntimeError("Firefox has closed the connection")
            length += octet
        return json.loads(self.stream.read(int(length[:-1])))

    def call(self, command, **parameters):
        number = next(self.numbers)
        data = json.dumps([0, number, command, parameters]).encode()
        self.link.sendall(b"%d:%s" % (len(data), data))
        kind, answered, error, result = self.receive()
        assert (kind, answered) == (1, number)
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result

    def open(self, url):
        self.call("WebDriver:Navigate", url=url)

    def run(self, script, *arguments):
        return self.call("WebDriver:ExecuteScript", script=script,
                         args=list(arguments), sandbox=None)["value"]

    def press(self, selector):
        found = self.call("WebDriver:FindElement", using="css selector",
                          value=selector)["value"]
        self.call("WebDriver:ElementClick", id=next(iter(found.values())))

    def reload(self):
        self.call("WebDriver:Refresh")

    def back(self):
        self.call("WebDriver:Back")

    def picture(self):
        return base64.b64decode(
            self.call("WebDriver:TakeScreenshot", full=True)["value"])

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT)
        shutil.rmtree(self.dir, ignore_errors=True)

    def close(self):
        self.stream.close()
        self.link.close()
        self.kill()
