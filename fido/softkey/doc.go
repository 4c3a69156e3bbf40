// Package softkey is a whole FIDO2 authenticator in software: CTAP 2.1 behind the CTAPHID packet layer.
//
// Open makes a Key from a Store (what it keeps), a Toucher (the finger on its sensor) and a Profile (which model it
// behaves like). A client reaches it over a Link of 64-byte reports in this process, or, on Linux, at the device path
// that Serve gives: libfido2 drives it in both ways exactly as it drives a key in a USB port.
//
// From the line inwards:
//
//   - link.go and pty_linux.go carry reports; ctaphid.go puts them together into messages (CTAP 2.1 section 11.2);
//   - command.go sends a message to its command: getinfo.go, pin.go, bio.go, make.go, assert.go, credmgmt.go,
//     largeblobs.go, config.go, reset.go; u2f.go answers the messages of its predecessor;
//   - token.go, verify.go, sensor.go and presence.go are what the commands ask of the person;
//   - credential.go, attest.go, authdata.go and extension.go are what they make;
//   - state.go is what outlives a power cycle, store.go where it rests and seal.go what opens that; key.go is the power
//     cycle itself.
//
// Where the kernel has /dev/uhid, ServeUHID makes it a HID device that every program lists, browsers too. Where it has
// none, testdata/uhid-vm.sh runs the tests of that on Debian's kernel under qemu. What was tried there, on Debian 12 with
// Linux 6.1, libfido2 1.12 and Chromium 156, headless: fido2-token lists the key, and fido2-cred and fido2-assert use it;
// package fido lists and drives it in builds with cgo and without, loses it when it is pulled out, and stands a key that
// lies; Chromium finds it through udev, has it make a passkey for the practice tenant's Security info page (attestation direct,
// resident, verified by an enrolled finger), and signs in there with it, the account's name typed. Chromium's own windows
// were not: setting or asking a PIN, choosing among accounts, the question whether a site may see the model (a policy
// answers it), chrome://settings/securityKeys. Not tried at all: Firefox, a desktop session, another distribution's udev
// rules for a user who is not root. Windows and macOS have no uhid.
//
// CONFORMANCE.md is the table of requirements that the tests hold it to.
//
// The clock, the randomness, the finger and the store come from outside. Names are those of the specification.
//
// # Held against others
//
// Besides libfido2's programs, ssh and systemd-cryptenroll, which the tests run, other people's suites were run at the
// device path, in November 2026 (counts: passed of those that ran, complete / atkey-pro-2.1 / yubikey-5 / yubikey-bio /
// bare-2.0; alwaysUv off where a suite does not know it):
//
//   - Yubico's device tests of python-fido2 (June 2026): all, 64 / 53 / 50 / 53 / 16.
//   - Google's CTAP2-test-tool (July 2023), built on a shim for its HID library: 70 of 74 / 70 of 74 / 71 of 74 / 70 of
//     74 / 66 of 66.
//   - SoloKeys' fido2-tests (January 2021), made to take the channels it is given and to let lists be: 141 of 155 with
//     atkey-pro-2.1.
//   - Pol Henarejos' tests of pico-fido (August 2026), likewise: 199 of 240 with complete, those of its own vendor's
//     commands, smart-card applet and algorithms among the others.
//
// What they expect otherwise, and why the key does not follow: a token that serves two operations, zero-length
// pinUvAuthParam as PIN_AUTH_INVALID, up=true refused in makeCredential (CTAP 2.0; the profile bare-2.0 has the first and
// the last); a PIN for every credential once one is set (6.1.2 step 7, makeCredUvNotRqd); a protocol wanted by
// getUVRetries (6.5.5.3 has none); NOT_ALLOWED for a second setPIN (6.5.5.5: PIN_AUTH_INVALID); INIT on a channel that was
// never given (11.2.9.1.6); credBlob for a credential that is not discoverable; two enumerations at a time (6, stateful
// commands); a status of a vendor's own for a wrong saltAuth (12.5). FIDO's own conformance tests are not public; the list
// of their checks that pico-fido publishes was read against the code.
//
// # Fuzzed
//
// In November 2026, on a busy machine with two cores, all targets side by side, which slowed each to a few hundred or
// thousand runs a second (to do it again: make fuzz FUZZTIME=2h):
//
//	                                        hours   runs
//	CTAPHID                                  2.4    10.6 million
//	requests                                 2.6    21.9 million
//	canonical CBOR, against the encoder      0.8     4.4 million
//	U2F                                      2.5    12.2 million
//	the store                                2.5     2.0 million
//	fido/share, the far machine's end        2.5    13.0 million
//	fido/share, the desk, nobody says yes    0.8     1.0 million
//	fido/share, the desk, yes and no         3.1     7.3 million
//	fido, a key's answers                    2.1     0.4 million
//	fido, a key's getInfo                    2.1     7.4 million
//
// The code was changed in between; the inputs found went on. Findings, each mended and tested: the memory that an answer
// makes libcbor take (see package fido), a desk that lost sight of a request when its channel had just begun anew, and one
// that let requests pass whose text is not UTF-8 or whose subcommand is no number. The desk's last 2.4 hours, with the
// form of every request checked as the key itself does, found nothing. What they could not find a person did: the key
// that the desk was tried with never complained of a malformed INIT, and the desk took such a complaint for the end of
// what it watched. The key complains now, and the last 0.8 hours are with it.
//
// # Speed
//
// One operation is what a sign-in is, in this process through libfido2: key agreement, PIN token, and the command.
//
//	go test ./fido/softkey -run '^$' -bench 'Register|Assert' -benchtime 200x
//
//	                    per second   median    p99      allocations
//	register, memory       162       5.8 ms    13 ms    466, 4.2 MB
//	assert, memory         139       6.9 ms    12 ms    338, 4.2 MB
//	register, file         115       8.5 ms    21 ms    549, 4.3 MB
//	assert, file           120       7.9 ms    15 ms    421, 4.2 MB
//
// the middle of three runs, on two cores of a virtual machine with nothing else to do. Four fifths of the processor's time and all but 40 KB of the
// memory are the Argon2id under which the PIN is kept. With a file there are three writes in an operation, each synced
// twice (file, directory): the try taken off before the PIN is compared, the tries given back, and what the command itself
// changes. None can go without an answer leaving before it is safe.
//
// It is for practice and for tests. It has an AAGUID of its own and never passes for hardware: keys in a file can be
// copied, and a file can be put back to what it was before a wrong PIN.
package softkey
