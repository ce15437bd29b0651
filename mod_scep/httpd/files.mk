httpdmoduledir = $(HTTPD_LIBEXECDIR)
httpdmodule_LTLIBRARIES = mod_scep.la
mod_scep_la_SOURCES = \
	mod_scep/mod_scep.c \
	mod_scep/httpd/scep_log_httpd.c mod_scep/httpd/scep_log_httpd.h \
	mod_scep/httpd/config/scep_config.c \
	mod_scep/httpd/config/scep_config.h \
	mod_scep/httpd/config/scep_directives.c \
	mod_scep/httpd/config/scep_directives.h \
	mod_scep/httpd/config/scep_directives_policy.c \
	mod_scep/httpd/config/scep_directives_profile.c \
	mod_scep/httpd/config/scep_directives_server.c \
	mod_scep/httpd/config/scep_directives_value.c \
	mod_scep/httpd/config/scep_hide.c mod_scep/httpd/config/scep_hide.h \
	mod_scep/httpd/config/scep_location.c \
	mod_scep/httpd/config/scep_location.h \
	mod_scep/httpd/config/scep_place.c mod_scep/httpd/config/scep_place.h \
	mod_scep/httpd/config/scep_sections.c \
	mod_scep/httpd/config/scep_sections.h \
	mod_scep/httpd/config/scep_setting.c \
	mod_scep/httpd/config/scep_setting.h \
	mod_scep/httpd/start/scep_start.c \
	mod_scep/httpd/start/scep_start.h \
	mod_scep/httpd/start/scep_database.c \
	mod_scep/httpd/start/scep_database.h \
	mod_scep/httpd/start/scep_in_use_start.c \
	mod_scep/httpd/start/scep_in_use_start.h \
	mod_scep/httpd/start/scep_master_setup.c \
	mod_scep/httpd/start/scep_master_setup.h \
	mod_scep/httpd/start/scep_next_ca_setup.c \
	mod_scep/httpd/start/scep_next_ca_setup.h \
	mod_scep/httpd/start/scep_os.c mod_scep/httpd/start/scep_os.h \
	mod_scep/httpd/start/scep_outside.c \
	mod_scep/httpd/start/scep_outside.h \
	mod_scep/httpd/start/scep_passphrase.c \
	mod_scep/httpd/start/scep_passphrase.h \
	mod_scep/httpd/start/scep_ra_directory.c \
	mod_scep/httpd/start/scep_ra_directory.h \
	mod_scep/httpd/start/scep_ra_setup.c \
	mod_scep/httpd/start/scep_ra_setup.h \
	mod_scep/httpd/start/scep_review.c mod_scep/httpd/start/scep_review.h \
	mod_scep/httpd/start/scep_runtime.c \
	mod_scep/httpd/start/scep_runtime.h \
	mod_scep/httpd/start/scep_shared.c mod_scep/httpd/start/scep_shared.h \
	mod_scep/httpd/start/scep_sources.c \
	mod_scep/httpd/start/scep_sources.h \
	mod_scep/httpd/start/scep_state.c mod_scep/httpd/start/scep_state.h \
	mod_scep/httpd/start/scep_steps.c mod_scep/httpd/start/scep_steps.h \
	mod_scep/httpd/start/scep_watchdog.c \
	mod_scep/httpd/start/scep_watchdog.h \
	mod_scep/httpd/request/scep_challenge_authn.c \
	mod_scep/httpd/request/scep_challenge_authn.h \
	mod_scep/httpd/request/scep_endpoint.c \
	mod_scep/httpd/request/scep_endpoint.h \
	mod_scep/httpd/request/scep_exchange.c \
	mod_scep/httpd/request/scep_exchange.h \
	mod_scep/httpd/request/scep_status.c \
	mod_scep/httpd/request/scep_status.h \
	mod_scep/httpd/admin/scep_admin.c mod_scep/httpd/admin/scep_admin.h \
	mod_scep/httpd/admin/scep_admin_draw.c \
	mod_scep/httpd/admin/scep_admin_draw.h \
	mod_scep/httpd/admin/scep_admin_page.c \
	mod_scep/httpd/admin/scep_admin_page.h \
	mod_scep/httpd/admin/scep_api.c mod_scep/httpd/admin/scep_api.h \
	mod_scep/httpd/admin/scep_api_certs.c \
	mod_scep/httpd/admin/scep_api_challenges.c \
	mod_scep/httpd/admin/scep_api_values.c \
	mod_scep/httpd/admin/scep_api_requests.c \
	mod_scep/httpd/admin/scep_csrf.c mod_scep/httpd/admin/scep_csrf.h \
	mod_scep/httpd/admin/scep_form.c mod_scep/httpd/admin/scep_form.h \
	mod_scep/httpd/admin/scep_form_fields.c \
	mod_scep/httpd/admin/scep_form_fields.h \
	mod_scep/httpd/admin/scep_form_page.c \
	mod_scep/httpd/admin/scep_form_page.h \
	mod_scep/httpd/admin/scep_guard.c mod_scep/httpd/admin/scep_guard.h
mod_scep_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/mod_scep/httpd \
	-I$(srcdir)/mod_scep/httpd/config \
	-I$(srcdir)/mod_scep/httpd/start \
	-I$(srcdir)/mod_scep/httpd/request \
	-I$(srcdir)/mod_scep/httpd/admin \
	$(HTTPD_CPPFLAGS)
# clang sees the casts inside APR_RING macros.
mod_scep_la_CFLAGS = $(AM_CFLAGS) -Wno-cast-qual
mod_scep_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-export-symbols-regex '^scep_module$$'
mod_scep_la_LIBADD = libscep.la

# httpd loads the .so; libtool's description of it is of no use there.
install-data-hook:
	rm -f $(DESTDIR)$(httpdmoduledir)/mod_scep.la

uninstall-hook:
	rm -f $(DESTDIR)$(httpdmoduledir)/mod_scep.so
