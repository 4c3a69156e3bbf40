"""Opens a LUKS2 disk with its systemd-fido2 token, as systemd-cryptsetup does, but activates nothing.

usage: unlock.py DISK DEVICE PIN

cryptsetup's own --token-only looks for keys in USB ports; the path of a key can be given through the library alone
(crypt_activate_by_token_pin, whose usrptr systemd's plugin takes for the path). Without a name for the volume the
device mapper is not needed: the key slot is opened and that is all.
"""
import ctypes
import sys

disk, device, pin = (a.encode() for a in sys.argv[1:])
lib = ctypes.CDLL("libcryptsetup.so.12")
cd = ctypes.c_void_p()


def must(what, r):
    if r < 0:
        sys.exit(f"{what}: {r}")
    return r


must("init", lib.crypt_init(ctypes.byref(cd), disk))
must("load", lib.crypt_load(cd, b"LUKS2", None))
slot = must("unlock", lib.crypt_activate_by_token_pin(
    cd, None, b"systemd-fido2", -1, pin, ctypes.c_size_t(len(pin)), device, 0))
print("key slot", slot, "opened")
