"""What readers and a curator notice while servers are killed, one after the other.

    .venv/bin/python -m benchmarks.faults

starts a primary with two streaming standbys, Redis and two web processes in a temporary directory,
puts load on them, kills and brings back one part at a time, and prints what was seen. With
`--write` the table goes into `benchmarks/RESULTS.md`. `tests/test_many_servers.py` runs the same.
"""
