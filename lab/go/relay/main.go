// Command relay shares out TCP connections to Service addresses among their endpoints.
//
// Each line of standard input is a JSON object: address to listen on -> endpoints, the whole table every time. A line
// on standard output follows as soon as the table is in force. It ends with its standard input. It is a program of its
// own, and not a part of the process that feeds it, because between two sockets Go has the kernel move the bytes.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long an endpoint may take to accept a connection.
const patience = 30 * time.Second

func main() {
	relay := &relay{routes: map[string]*route{}}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		table := map[string][]string{}
		if err := json.Unmarshal(line, &table); err != nil {
			log.Fatalf("not a table: %v", err)
		}
		relay.lead(table)
		fmt.Println("in force")
	}
}

// relay holds a route for each address that is listened on.
type relay struct {
	routes map[string]*route
}

// route is one address and those who share its connections.
type route struct {
	listener net.Listener
	ends     atomic.Pointer[[]string]
	turn     atomic.Uint64
}

// lead listens on the table's addresses and on no others. Connections that stand keep their endpoint.
func (r *relay) lead(table map[string][]string) {
	for address, route := range r.routes {
		if len(table[address]) == 0 {
			route.listener.Close()
			delete(r.routes, address)
		}
	}
	for address, ends := range table {
		if len(ends) == 0 {
			continue
		}
		known, ok := r.routes[address]
		if !ok {
			listener, err := listen(address)
			if err != nil {
				log.Printf("no listener: %v", err)
				continue
			}
			known = &route{listener: listener}
			r.routes[address] = known
			known.ends.Store(&ends)
			go known.accept()
		}
		known.ends.Store(&ends)
	}
}

// listen tries for a while: a relay whose feeder was killed may be about to end, and holds its addresses until then.
func listen(address string) (net.Listener, error) {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		listener, err := net.Listen("tcp4", address)
		if err == nil || time.Now().After(end) {
			return listener, err
		}
	}
}

func (r *route) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.serve(client.(*net.TCPConn))
	}
}

func (r *route) serve(client *net.TCPConn) {
	ends := *r.ends.Load()
	end := ends[r.turn.Add(1)%uint64(len(ends))]
	connection, err := net.DialTimeout("tcp4", end, patience)
	if err != nil {
		reset(client)
		return
	}
	server := connection.(*net.TCPConn)
	var both sync.WaitGroup
	both.Go(func() { carry(server, client) })
	both.Go(func() { carry(client, server) })
	both.Wait()
	client.Close()
	server.Close()
}

// carry moves bytes until their source ends; then the sink is told so: by an end where it was one, else by a reset.
func carry(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		reset(to)
		reset(from)
		return
	}
	to.CloseWrite()
}

// reset closes in a way that the other side takes for a refusal and not for an empty answer.
func reset(connection *net.TCPConn) {
	connection.SetLinger(0)
	connection.Close()
}
