#!/bin/sh
# Runs the uhid tests on Debian's own kernel under qemu, for machines whose kernel has no /dev/uhid.
#
#	sh fido/softkey/testdata/uhid-vm.sh [work directory]
#
# Needs: go, fido2-tools, qemu-system-x86 and apt-get to download the kernel and a static busybox. Nothing is
# installed, nothing needs root, nothing of the host is changed but the work directory.
set -eu
work=${1:-$(mktemp -d)}
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$work/root" && cd "$work"

image=$(apt-cache depends linux-image-amd64 | grep -o 'linux-image-[0-9][^ ]*' | head -n 1)
[ -d deb ] || { apt-get download "$image" busybox-static && for d in ./*.deb; do dpkg-deb -x "$d" deb; done; }

mkdir -p root/bin root/dev root/proc root/sys root/tmp root/modules root/run
cp deb/bin/busybox root/bin/
find deb/lib/modules \( -name hid.ko -o -name uhid.ko -o -name hid-generic.ko \) -exec cp {} root/modules/ \;
(cd "$here" && go test -c -o "$work/root/bin/softkey.test" .)
for f in root/bin/softkey.test /usr/bin/fido2-token /usr/bin/fido2-cred /usr/bin/fido2-assert; do
	case $f in /*) cp "$f" root/bin/ ;; esac
	ldd "$f" | grep -o '/[^ ]*' | while read -r lib; do mkdir -p "root$(dirname "$lib")" && cp -L "$lib" "root$lib"; done
done

cat >root/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t devtmpfs dev /dev && mkdir -p /dev/pts && mount -t devpts dev /dev/pts
mount -t proc proc /proc && mount -t sysfs sys /sys
for m in hid uhid hid-generic; do insmod /modules/$m.ko; done
uname -r
/bin/softkey.test -test.run TestServeUHID -test.v -test.timeout 600s && echo UHID-OK
poweroff -f
INIT
chmod +x root/init
(cd root && find . | ../deb/bin/busybox cpio -o -H newc | gzip -1 >../initrd)

timeout 900 qemu-system-x86_64 -m 768 -smp 1 -nographic -no-reboot -net none \
	-kernel deb/boot/vmlinuz-* -initrd initrd -append 'console=ttyS0 panic=-1 quiet' | tee log
grep -q UHID-OK log
