package main

// held keeps the memory that --stress-memory asked for.
var held []byte

// stress keeps so many cores busy and so many MB in memory until the process ends.
func stress(cores, megabytes int) {
	for range cores {
		go func() {
			for { // being busy is the purpose
			}
		}()
	}
	held = make([]byte, megabytes<<20)
	for page := 0; page < len(held); page += 4096 {
		held[page] = 1 // an untouched page takes no memory
	}
}
