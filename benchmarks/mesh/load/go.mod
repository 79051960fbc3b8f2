module qpo/benchmarks/mesh/load

go 1.24
