libscep_protocol_la_SOURCES =
PROTOCOL_TESTS =

# Algorithms, and what we send
libscep_protocol_la_SOURCES += \
	mod_scep/protocol/scep_alg.c mod_scep/protocol/scep_alg.h \
	mod_scep/protocol/scep_caps.c mod_scep/protocol/scep_caps.h \
	mod_scep/protocol/scep_certrep.c mod_scep/protocol/scep_certrep.h \
	mod_scep/protocol/scep_certs_only.c \
	mod_scep/protocol/scep_next_ca.c mod_scep/protocol/scep_next_ca.h \
	mod_scep/protocol/scep_oid.c mod_scep/protocol/scep_oid.h \
	mod_scep/protocol/scep_query.c mod_scep/protocol/scep_query.h \
	mod_scep/protocol/scep_recipient.c mod_scep/protocol/scep_recipient.h
PROTOCOL_TESTS += tests/unit/test_alg tests/unit/test_caps \
	tests/unit/test_certrep tests/unit/test_certs_only \
	tests/unit/test_next_ca \
	tests/unit/test_query tests/unit/test_recipient

# What we receive
libscep_protocol_la_SOURCES += \
	mod_scep/protocol/scep_ber.c mod_scep/protocol/scep_ber.h \
	mod_scep/protocol/scep_csr.c mod_scep/protocol/scep_csr.h \
	mod_scep/protocol/scep_csr_challenge.c \
	mod_scep/protocol/scep_csr_challenge.h \
	mod_scep/protocol/scep_csr_decoy.c \
	mod_scep/protocol/scep_csr_decoy.h \
	mod_scep/protocol/scep_csr_extensions.c \
	mod_scep/protocol/scep_csr_extensions.h \
	mod_scep/protocol/scep_csr_parts.c \
	mod_scep/protocol/scep_csr_parts.h \
	mod_scep/protocol/scep_issuer_serial.c \
	mod_scep/protocol/scep_issuer_serial.h \
	mod_scep/protocol/scep_pkimessage.c \
	mod_scep/protocol/scep_pkimessage.h \
	mod_scep/protocol/scep_pkimessage_open.c \
	mod_scep/protocol/scep_preflight.c mod_scep/protocol/scep_preflight.h \
	mod_scep/protocol/scep_pss.c mod_scep/protocol/scep_pss.h \
	mod_scep/protocol/scep_pubkey.c mod_scep/protocol/scep_pubkey.h \
	mod_scep/protocol/scep_signed.c mod_scep/protocol/scep_signed.h
PROTOCOL_TESTS += tests/unit/test_ber tests/unit/test_csr \
	tests/unit/test_csr_challenge tests/unit/test_csr_decoy \
	tests/unit/test_csr_extensions tests/unit/test_csr_parts \
	tests/unit/test_issuer_serial \
	tests/unit/test_messages tests/unit/test_oid \
	tests/unit/test_pkimessage tests/unit/test_pkimessage_open \
	tests/unit/test_preflight tests/unit/test_pss tests/unit/test_pubkey \
	tests/unit/test_signed

if HAVE_CMOCKA
check_PROGRAMS += $(PROTOCOL_TESTS)
TESTS += $(PROTOCOL_TESTS)
endif
tests_unit_test_certrep_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=scep_random \
	-Wl,--wrap=ASN1_item_i2d
EXTRA_DIST += tests/data/protocol/device.key tests/data/protocol/ra.key
tests_unit_test_certs_only_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ASN1_item_i2d
tests_unit_test_csr_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ASN1_item_verify_ex
tests_unit_test_csr_decoy_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ASN1_item_verify_ex
EXTRA_DIST += tests/data/messages/README.md \
	tests/data/messages/apple-2016/PKCSReq.der \
	tests/data/messages/apple-2016/ca-test-only.key \
	tests/data/messages/apple-2016/ca.crt \
	tests/data/messages/rfc-author-2018/scep_req0.der \
	tests/data/messages/rfc-author-2018/scep_req1.der \
	tests/data/messages/rfc-author-2018/scep_req2.der \
	tests/data/messages/rfc-author-2018/scep_resp0.der \
	tests/data/messages/rfc-author-2018/scep_resp1.der \
	tests/data/messages/rfc-author-2018/scep_resp2.der \
	tests/data/messages/windows-oaep/PKCSReq.der
