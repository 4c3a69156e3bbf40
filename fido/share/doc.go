// Package share carries a security key over a connection: it sits at a desk, and programs on another machine use it at
// a device path. SSH carries no USB; it carries this.
//
// Start at Desk, which stands between the key and the connection, and at Host, which stands between the connection and
// the device path on the far machine. What they say to each other is in frame.go: FIDO reports of 64 bytes and nothing
// else. Desk trusts nobody on the far machine: watch.go reads what is asked of the key, so that the person at the desk
// can be told, and lets only the commands of the standard through; veto.go lets that person refuse, and holds until they
// say yes what changes the key without a touch, and what could use up the tries of its PIN. With nobody at the desk that
// is refused. The PIN is safe from the connection by CTAP's own PIN protocol, and what matters needs a touch of the key.
//
// What passes without either: reading the key, the continuations of what was allowed, and a signature that was asked for
// without a touch (getAssertion with up=false, U2F authenticate with P1=8), which says so itself and is no sign-in. What
// no key of the standard has (a vendor's CTAPHID, CTAP or U2F commands) does not pass at all: nobody could say yes to it.
//
// The connection is anything that reads and writes: in earnest an ssh that runs Host on the far machine, over its
// standard input and output, and so ends with it.
package share
