from __future__ import annotations

from rok_jupyter.models import Mount
from rok_jupyter.providers.local.mounts import (
    all_mounts,
    mount_of,
    mounts_below,
    parse_mount_output,
    parse_mountinfo,
)

MOUNTINFO = (
    rb"""22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:30 / /home/jo/data\040set rw - tmpfs tmpfs rw
41 22 0:31 / /home/jo/b\134c rw shared:1 - fuse.s3fs s3fs rw
42 22 0:32 / /home/joe rw - nfs4 server:/joe rw
43 22 0:33 / /home/jo/data\040set rw - xfs /dev/vdb rw
"""
    b"44 22 0:34 / /home/jo/\xff rw - tmpfs tmpfs rw\nnonsense\n"
)


def test_mounts_are_told_with_their_paths_as_they_are() -> None:
    found = parse_mountinfo(MOUNTINFO)
    assert [mount.path for mount in found][1:3] == ["/home/jo/data set", "/home/jo/b\\c"]
    assert found[2] == Mount(path="/home/jo/b\\c", file_system="fuse.s3fs", device="s3fs")
    assert found[-1].path == "/home/jo/\udcff"


def test_only_mounts_below_a_directory_are_below_it() -> None:
    below = mounts_below("/home/jo", parse_mountinfo(MOUNTINFO))
    assert {mount.path for mount in below} == {"/home/jo/data set", "/home/jo/b\\c", "/home/jo/\udcff"}
    assert len(mounts_below("/", parse_mountinfo(MOUNTINFO))) == 5


def test_the_deepest_mount_is_the_one_a_path_lies_on() -> None:
    mounts = parse_mountinfo(MOUNTINFO)
    assert mount_of("/home/joe/x", mounts) == Mount(path="/home/joe", file_system="nfs4", device="server:/joe")
    found = mount_of("/home/jo", mounts)
    assert found is not None
    assert found.file_system == "ext4"


def test_the_output_of_macos_is_understood() -> None:
    output = "/dev/disk3s1 on / (apfs, sealed, local)\nmap auto_home on /System/Volumes/Data/home (autofs)\nnoise\n"
    assert parse_mount_output(output) == (
        Mount(path="/", file_system="apfs", device="/dev/disk3s1"),
        Mount(path="/System/Volumes/Data/home", file_system="autofs", device="map auto_home"),
    )


def test_this_machine_has_a_root() -> None:
    mounts = all_mounts()
    assert mount_of("/", mounts) is not None
    assert len({mount.path for mount in mounts}) == len(mounts)
