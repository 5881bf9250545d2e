"""The contributors' portal: a process of its own, the only one that takes files in."""
