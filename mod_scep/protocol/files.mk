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
tests_unit_test_alg_SOURCES = tests/unit/test_alg.c tests/unit/fixture.h
tests_unit_test_alg_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alg_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_caps_SOURCES = tests/unit/test_caps.c tests/unit/fixture.h
tests_unit_test_caps_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_caps_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_certrep_SOURCES = tests/unit/test_certrep.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h
tests_unit_test_certrep_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_certrep_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_certrep_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=scep_random \
	-Wl,--wrap=ASN1_item_i2d
EXTRA_DIST += tests/data/protocol/device.key tests/data/protocol/ra.key
tests_unit_test_certs_only_SOURCES = tests/unit/test_certs_only.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h
tests_unit_test_certs_only_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_certs_only_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_certs_only_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ASN1_item_i2d
tests_unit_test_signed_SOURCES = tests/unit/test_signed.c \
	$(MESSAGE_MAKER)
tests_unit_test_signed_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_signed_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_query_SOURCES = tests/unit/test_query.c tests/unit/fixture.h
tests_unit_test_query_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_query_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_recipient_SOURCES = tests/unit/test_recipient.c \
	tests/unit/freed_memory.h tests/unit/fixture.h tests/unit/fixture_certs.h
tests_unit_test_recipient_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_recipient_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
MESSAGE_MAKER = tests/unit/message_maker.c tests/unit/message_maker.h \
	tests/unit/fixture.h tests/unit/fixture_certs.h
tests_unit_test_ber_SOURCES = tests/unit/test_ber.c tests/unit/fixture.h
tests_unit_test_ber_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ber_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_csr_SOURCES = tests/unit/test_csr.c \
	tests/unit/freed_memory.h $(MESSAGE_MAKER)
tests_unit_test_csr_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_csr_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_csr_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ASN1_item_verify_ex
tests_unit_test_csr_challenge_SOURCES = tests/unit/test_csr_challenge.c \
	$(MESSAGE_MAKER)
tests_unit_test_csr_challenge_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_csr_challenge_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_csr_decoy_SOURCES = tests/unit/test_csr_decoy.c \
	$(MESSAGE_MAKER)
tests_unit_test_csr_decoy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_csr_decoy_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_csr_decoy_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ASN1_item_verify_ex
tests_unit_test_csr_extensions_SOURCES = tests/unit/test_csr_extensions.c \
	$(MESSAGE_MAKER)
tests_unit_test_csr_extensions_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_csr_extensions_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_csr_parts_SOURCES = tests/unit/test_csr_parts.c \
	$(MESSAGE_MAKER)
tests_unit_test_csr_parts_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_csr_parts_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_messages_SOURCES = tests/unit/test_messages.c \
	tests/unit/fixture.h
tests_unit_test_messages_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_messages_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_oid_SOURCES = tests/unit/test_oid.c tests/unit/fixture.h
tests_unit_test_oid_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_oid_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_pkimessage_SOURCES = tests/unit/test_pkimessage.c \
	$(MESSAGE_MAKER)
tests_unit_test_pkimessage_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pkimessage_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_pkimessage_open_SOURCES = tests/unit/test_pkimessage_open.c \
	tests/unit/freed_memory.h $(MESSAGE_MAKER)
tests_unit_test_pkimessage_open_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pkimessage_open_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_preflight_SOURCES = tests/unit/test_preflight.c \
	$(MESSAGE_MAKER)
tests_unit_test_preflight_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_preflight_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_pss_SOURCES = tests/unit/test_pss.c $(MESSAGE_MAKER) \
	tests/unit/fixture_pss.h
tests_unit_test_pss_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pss_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_pubkey_SOURCES = tests/unit/test_pubkey.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h
tests_unit_test_pubkey_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pubkey_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
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
tests_unit_test_issuer_serial_SOURCES = tests/unit/test_issuer_serial.c \
	tests/unit/fixture.h
tests_unit_test_issuer_serial_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_issuer_serial_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_next_ca_SOURCES = tests/unit/test_next_ca.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h
tests_unit_test_next_ca_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_next_ca_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
