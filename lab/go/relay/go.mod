module sluice.delivery/lab/relay

go 1.26.0
