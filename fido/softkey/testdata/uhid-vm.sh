#!/bin/sh
# Runs the tests that need /dev/uhid on Debian's own kernel under qemu, for machines whose kernel has none: libfido2's
# tools with the software key as a USB key; package fido with attached keys, over libfido2 and in Go alone; and a real
# Chromium that registers and signs in with it at the practice tenant.
#
#	sh fido/softkey/testdata/uhid-vm.sh [work directory]
#
# Needs: go, fido2-tools, chromium, chromium-driver, udev, qemu-system-x86, and apt-get to download the kernel, a static
# busybox. Nothing is installed and nothing needs root: the machine in the machine sees this one's files
# read-only, over 9p, and writes into its own memory. It has no network. Emulated, it takes about ten minutes.
set -eu
work=$(realpath "${1:-$(mktemp -d)}")
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$work" && cd "$work"

image=$(apt-cache depends linux-image-amd64 | grep -o 'linux-image-[0-9][^ ]*' | head -n 1)
[ -d deb ] || {
	apt-get download "$image" busybox-static
	for d in ./*.deb; do dpkg-deb -x "$d" deb; done
}
(cd "$here" && go test -c -o "$work/softkey.test" .)
(cd "$here/.." && go test -c -o "$work/fido.test" . && CGO_ENABLED=0 go test -c -o "$work/fido-go.test" .)
(cd "$here/../.." && go test -c -o "$work/keyrollout.test" .)

# In their order: the host's files, and HID.
modules='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci netfs fscache 9pnet 9pnet_virtio 9p overlay hid uhid hid-generic'
rm -rf root
mkdir -p root/bin root/dev root/proc root/sys root/modules root/lower root/upper root/new
cp deb/bin/busybox root/bin/
for m in $modules; do find deb/lib/modules -name "$m.ko" -exec cp {} root/modules/ \;; done
cat >root/init <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
for m in $modules; do insmod /modules/\$m.ko; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=1048576,cache=loose,ro host /lower
mount -t tmpfs tmpfs /upper && mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new
for d in dev proc sys; do mount --move /\$d /new/\$d; done
exec switch_root /new /bin/sh $work/inside
INIT
chmod +x root/init
(cd root && find . | ../deb/bin/busybox cpio -o -H newc | gzip -1 >../initrd)

# Chromium finds keys through udev. It asks before it shows a site which model a key is; nobody can press the button of a
# headless browser, so its administrator allows it by a policy.
cat >inside <<INSIDE
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root KEYROLLOUT_TEST_BROWSER_KEY=1
mount -t tmpfs tmpfs /run
mkdir -p /dev/pts /dev/shm /etc/chromium/policies/managed
mount -t devpts devpts /dev/pts; mount -t tmpfs tmpfs /dev/shm
ip link set lo up
echo '{"SecurityKeyPermitAttestation": ["http://localhost", "localhost"]}' >/etc/chromium/policies/managed/keyrollout.json
/lib/systemd/systemd-udevd --daemon; udevadm trigger; udevadm settle
uname -rv; chromium --version
cd $work
./softkey.test -test.run TestServeUHID -test.v -test.timeout 600s && echo UHID-OK
./fido.test -test.run UHID -test.v -test.timeout 600s && ./fido-go.test -test.run UHID -test.v -test.timeout 600s && echo ATTACHED-OK
./keyrollout.test -test.run TestBrowserWithKey -test.v -test.timeout 1500s && echo BROWSER-OK
echo o >/proc/sysrq-trigger; sleep 60
INSIDE

timeout 2400 qemu-system-x86_64 -accel tcg,thread=multi,tb-size=512 -cpu max -m 2560 -smp 2 -nographic -no-reboot -net none \
	-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
	-kernel deb/boot/vmlinuz-* -initrd initrd -append 'console=ttyS0 panic=-1 quiet' </dev/null | tee log
grep -q UHID-OK log && grep -q ATTACHED-OK log && grep -q BROWSER-OK log
