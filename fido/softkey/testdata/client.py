# A visit to the key at the path given, by Yubico's python-fido2: another reading of CTAP than libfido2's.
import os
import sys

from fido2.attestation import Attestation
from fido2.cose import ES256
from fido2.ctap import CtapError
from fido2.ctap2 import CaptureError, ClientPin, Config, CredentialManagement, Ctap2, FPBioEnrollment, LargeBlobs
from fido2.hid import CtapHidDevice
from fido2.hid.base import HidDescriptor
from fido2.hid.linux import open_connection

path = sys.argv[1]
fields = [path, 0x1209, 1, 64, 64, "Software key", None]  # newer versions know more of them
descriptor = HidDescriptor(*fields[:len(HidDescriptor._fields)])
device = CtapHidDevice(descriptor, open_connection(descriptor))
assert device.ping(b"x" * 1000) == b"x" * 1000
device.wink()
ctap = Ctap2(device)
print("versions", *ctap.info.versions)

pin = ClientPin(ctap)
pin.set_pin("1234")
pin.change_pin("1234", "123456")
try:
    pin.get_pin_token("0000", ClientPin.PERMISSION.MAKE_CREDENTIAL, "a.example")
    raise SystemExit("a wrong PIN was taken")
except CtapError as e:
    assert e.code == CtapError.ERR.PIN_INVALID, e
assert pin.get_pin_retries()[0] == 7


def token(permissions, rp=None):
    return pin.get_pin_token("123456", permissions, rp)


bio = FPBioEnrollment(ctap, pin.protocol, token(ClientPin.PERMISSION.BIO_ENROLL))
print("sensor", bio.get_fingerprint_sensor_info())
enroller = bio.enroll()
template = None
while template is None:
    try:
        template = enroller.capture()
    except CaptureError as e:
        print("sample", e.code)
bio.set_name(template, "Thumb")
assert bio.enumerate_enrollments() == {template: "Thumb"}

client_data = os.urandom(32)


def sign(t):
    return pin.protocol.authenticate(t, client_data)


made = ctap.make_credential(
    client_data, {"id": "a.example", "name": "A"}, {"id": b"u", "name": "u@example"},
    [{"type": "public-key", "alg": -7}], options={"rk": True}, extensions={"largeBlobKey": True, "credProtect": 2},
    pin_uv_param=sign(token(ClientPin.PERMISSION.MAKE_CREDENTIAL, "a.example")), pin_uv_protocol=pin.protocol.VERSION)
Attestation.for_type(made.fmt)().verify(made.att_statement, made.auth_data, client_data)
assert made.auth_data.is_user_verified()

got = ctap.get_assertions(
    "a.example", client_data, extensions={"largeBlobKey": True},
    pin_uv_param=sign(token(ClientPin.PERMISSION.GET_ASSERTION, "a.example")), pin_uv_protocol=pin.protocol.VERSION)
got[0].verify(client_data, made.auth_data.credential_data.public_key)
assert got[0].large_blob_key == made.large_blob_key

# By the finger, without a PIN.
uv = pin.get_uv_token(ClientPin.PERMISSION.GET_ASSERTION, "a.example")
ctap.get_assertion("a.example", client_data, pin_uv_param=sign(uv), pin_uv_protocol=pin.protocol.VERSION)
assert pin.get_uv_retries() in (5, (5, None)), pin.get_uv_retries()

blobs = LargeBlobs(ctap, pin.protocol, token(ClientPin.PERMISSION.LARGE_BLOB_WRITE))
blobs.put_blob(made.large_blob_key, b"a note")
assert blobs.get_blob(made.large_blob_key) == b"a note"

manage = CredentialManagement(ctap, pin.protocol, token(ClientPin.PERMISSION.CREDENTIAL_MGMT))
print("metadata", manage.get_metadata())
rps = manage.enumerate_rps()
creds = manage.enumerate_creds(rps[0][CredentialManagement.RESULT.RP_ID_HASH])
assert len(rps) == len(creds) == 1
manage.delete_cred(creds[0][CredentialManagement.RESULT.CREDENTIAL_ID])

Config(ctap, pin.protocol, token(ClientPin.PERMISSION.AUTHENTICATOR_CFG)).set_min_pin_length(6)
assert ctap.get_info().min_pin_length == 6
bio = FPBioEnrollment(ctap, pin.protocol, token(ClientPin.PERMISSION.BIO_ENROLL))
bio.remove_enrollment(template)
assert not ctap.get_info().options["uv"]
ctap.reset()
assert not ctap.get_info().options["clientPin"]
print("python-fido2: all well")
