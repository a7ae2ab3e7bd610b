"""A file system in a file, whose power can be cut."""

import fcntl
import os
import pathlib
import struct
import subprocess
import time

# <linux/fs.h>: FS_IOC_SHUTDOWN with FS_SHUTDOWN_FLAGS_NOLOGFLUSH. Nothing that is not on the disk gets there any more.
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"]}


class Unavailable(Exception):
    """This machine can't make or mount such a file system."""


class Mounted:
    """A mounted file system of its own."""

    def __init__(self, folder, kind, size=640 << 20):
        self.image, self.path, self.kind = pathlib.Path(folder, "disk"), pathlib.Path(folder, "mounted"), kind
        self.size = size

    def __enter__(self):
        with open(self.image, "wb") as image:
            image.truncate(self.size)
        self.path.mkdir()
        try:
            subprocess.run([*MAKE[self.kind], self.image], check=True, stdout=subprocess.DEVNULL)
            self._mount()
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable(f"no {self.kind} here: {error}") from error
        return self

    def __exit__(self, *_):
        self._unmount()

    def _mount(self):
        subprocess.run(["mount", "-t", self.kind, "-o", "loop", self.image, self.path], check=True)

    def _unmount(self):
        for _ in range(50):
            if subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.1)
        subprocess.run(["umount", "--lazy", self.path], check=True)
        raise AssertionError("somebody still uses the file system")

    def cut_power(self):
        place = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(place, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(place)

    def again(self):
        """Unmounts and mounts it: what was not on the disk is gone."""
        self._unmount()
        self._mount()

    def fill(self, left):
        """Takes all space but `left` bytes; returns the file that has it."""
        space = os.statvfs(self.path)
        ballast = self.path / "ballast"
        with open(ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - left)
        return ballast
