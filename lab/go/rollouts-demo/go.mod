module sluice.delivery/lab/rollouts-demo

go 1.26.0
