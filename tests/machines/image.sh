#!/bin/bash
# image.sh DIRECTORY: makes there what tests/machines boots. Needs root, debootstrap, qemu and Debian's archive.
# The kernel's modules are in a small initial RAM disk, which sets up the network too: no udev, no daemon for it, a boot of 16 s.
set -eu
dir=$1
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
work=$(mktemp -d "$dir/work-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
tree=$work/tree

debootstrap --variant=minbase --include=systemd,systemd-sysv,openssh-server,dbus,libpam-systemd,busybox-static \
  bookworm "$tree" "$mirror" >"$dir/debootstrap.log"

# the kernel: a package is unpacked, so that nothing of it is run
chroot "$tree" apt-get update -q >>"$dir/debootstrap.log"
kernel=$(chroot "$tree" apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2 }' | head -1)
chroot "$tree" sh -c "cd /tmp && apt-get download -q $kernel" >>"$dir/debootstrap.log"
dpkg-deb -x "$tree"/tmp/linux-image-*.deb kernel
rm -f "$tree"/tmp/*.deb
modules=$(echo kernel/lib/modules/*/kernel)
mkdir -p initrd/bin initrd/mod initrd/root initrd/dev
cp "$tree/bin/busybox" initrd/bin/
order='virtio/virtio_ring virtio/virtio virtio/virtio_pci_legacy_dev virtio/virtio_pci_modern_dev virtio/virtio_pci block/virtio_blk net/net_failover net/virtio_net'
cp "$modules/net/core/failover.ko" initrd/mod/
names=
for module in $order; do
  cp "$modules/drivers/$module.ko" initrd/mod/
  names="$names ${module#*/}"
done
cat >initrd/init <<END
#!/bin/busybox sh
PATH=/bin
for name in failover$names; do busybox insmod /mod/\$name.ko; done
busybox mount -t devtmpfs dev /dev
tries=0
until busybox mount -t ext4 -o rw,noatime /dev/vda /root || [ \$tries -ge 100 ]; do
  tries=\$((tries + 1))
  busybox sleep 0.1
done
busybox umount /dev
busybox ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
exec busybox switch_root /root /sbin/init
END
chmod 755 initrd/init
(cd initrd && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$dir/initrd.gz"
cp kernel/boot/vmlinuz-* "$dir/vmlinuz"

# as few units as a host with systemd can have
chroot "$tree" systemctl set-default multi-user.target >/dev/null 2>&1
chroot "$tree" systemctl mask systemd-udevd systemd-udev-trigger systemd-udevd-control.socket systemd-udevd-kernel.socket \
  modprobe@.service systemd-modules-load dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  proc-sys-fs-binfmt_misc.automount systemd-pstore systemd-network-generator systemd-sysusers systemd-random-seed \
  systemd-journal-flush systemd-hwdb-update systemd-update-utmp systemd-update-utmp-runlevel systemd-boot-system-token \
  getty.target cryptsetup.target integritysetup.target veritysetup.target systemd-tmpfiles-clean.timer \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap >/dev/null 2>&1
# a boot that hangs is a fault of a test's, not of a unit's
mkdir -p "$tree/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultTimeoutStopSec=5s\n' >"$tree/etc/systemd/system.conf.d/fast.conf"
echo machine >"$tree/etc/hostname"
rm -f "$tree"/etc/ssh/ssh_host_* "$dir"/client*
ssh-keygen -q -t ed25519 -N '' -C machine -f "$tree/etc/ssh/ssh_host_ed25519_key"
cut -d' ' -f1,2 "$tree/etc/ssh/ssh_host_ed25519_key.pub" >"$dir/host.pub"
ssh-keygen -q -t ed25519 -N '' -C client -f "$dir/client"
mkdir -p "$tree/root/.ssh"
chmod 700 "$tree/root/.ssh"
cp "$dir/client.pub" "$tree/root/.ssh/authorized_keys"
rm -rf "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/* "$tree"/usr/share/{doc,man,locale,info}
mke2fs -q -t ext4 -O ^has_journal -d "$tree" disk.raw 600M
qemu-img convert -O qcow2 disk.raw disk.qcow2
mv disk.qcow2 "$dir/disk.qcow2"
