// Command load calls one server as many users do who do not wait for each other: an open loop.
//
// Calls begin at the moments of a Poisson process, drawn beforehand; each is one of a mix, by one of the users. A
// call's time is counted from the moment at which it should have begun, not from when it was sent: a server that is
// slow is not asked less often, and what waits here counts against it. Reads a plan from stdin, writes a line per call
// to stdout: kind, start in µs since the first moment, µs to the first message, µs to the end, HTTP status, 0 if there
// was no answer in time.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"regexp"
	"sync"
	"time"
)

type user struct {
	Token      string   `json:"token"`
	Portfolios []string `json:"portfolios"`
	mutex      sync.Mutex
	made       []string
}

type plan struct {
	URL      string             `json:"url"`
	Rate     float64            `json:"rate"`     // calls per second, of all users together
	Seconds  float64            `json:"seconds"`  // for which calls begin
	Patience float64            `json:"patience"` // seconds after which a user gives up
	Seed     int64              `json:"seed"`
	Mix      map[string]float64 `json:"mix"` // shares by kind
	Bodies   map[string]string  `json:"bodies"`
	Users    []*user            `json:"users"`
}

type row struct {
	kind               string
	start, first, last int64
	status             int
}

type call struct {
	kind string
	at   time.Duration
	who  *user
	pick int64
}

// connections is how many there are at most: two for each of a thousand users.
const connections = 2000

var id = regexp.MustCompile(`"id":\s*"([0-9a-f-]{36})"`)

func main() {
	var p plan
	if err := json.NewDecoder(os.Stdin).Decode(&p); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	calls := drawn(&p)
	rows := make([]row, len(calls))
	client := &http.Client{Transport: &http.Transport{
		Proxy: nil, MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute, DisableCompression: true,
	}}
	var all sync.WaitGroup
	began := time.Now()
	for number, next := range calls {
		time.Sleep(time.Until(began.Add(next.at)))
		all.Add(1)
		go func() {
			defer all.Done()
			rows[number] = p.make(client, began, next)
		}()
	}
	all.Wait()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, one := range rows {
		fmt.Fprintln(out, one.kind, one.start, one.first, one.last, one.status)
	}
}

// drawn says who calls what when.
func drawn(p *plan) []call {
	chance := rand.New(rand.NewSource(p.Seed))
	var kinds []string
	var total float64
	for _, kind := range []string{"get", "list", "create", "update", "delete", "solve", "stream"} {
		if p.Mix[kind] > 0 {
			kinds = append(kinds, kind)
			total += p.Mix[kind]
		}
	}
	var calls []call
	for at := chance.ExpFloat64() / p.Rate; at < p.Seconds; at += chance.ExpFloat64() / p.Rate {
		point, kind := chance.Float64()*total, kinds[len(kinds)-1]
		for _, each := range kinds {
			if point -= p.Mix[each]; point < 0 {
				kind = each
				break
			}
		}
		who := p.Users[chance.Intn(len(p.Users))]
		calls = append(calls, call{kind, time.Duration(at * 1e9), who, chance.Int63()})
	}
	return calls
}

// make makes a call and waits for its end.
func (p *plan) make(client *http.Client, began time.Time, one call) row {
	due := began.Add(one.at)
	ctx, cancel := context.WithDeadline(context.Background(), due.Add(time.Duration(p.Patience*1e9)))
	defer cancel()
	first, status, body := p.ask(ctx, client, one)
	end := time.Now()
	if first.IsZero() {
		first = end
	}
	if one.kind == "create" && status == 200 {
		if found := id.FindSubmatch(body); found != nil {
			one.who.mutex.Lock()
			one.who.made = append(one.who.made, string(found[1]))
			one.who.mutex.Unlock()
		}
	}
	return row{one.kind, one.at.Microseconds(), first.Sub(due).Microseconds(), end.Sub(due).Microseconds(), status}
}

// ask sends one call: when its first bytes came, its status and its body; status 0 if it did not end well.
func (p *plan) ask(ctx context.Context, client *http.Client, one call) (time.Time, int, []byte) {
	verb, path, body := p.request(one)
	request, err := http.NewRequestWithContext(ctx, verb, p.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return time.Time{}, 0, nil
	}
	request.Header.Set("Authorization", "Bearer "+one.who.Token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if one.kind == "stream" {
		request.Header.Set("Accept", "text/event-stream")
	}
	answer, err := client.Do(request)
	if err != nil {
		return time.Time{}, 0, nil
	}
	defer answer.Body.Close()
	reader := bufio.NewReader(answer.Body)
	_, err = reader.Peek(1)
	first := time.Now()
	if err != nil && err != io.EOF {
		return first, 0, nil
	}
	told, err := io.ReadAll(reader)
	if err != nil {
		return first, 0, nil
	}
	return first, answer.StatusCode, told
}

// request is a call in HTTP. Who deletes something has made it before; until then they make it.
func (p *plan) request(one call) (verb, path, body string) {
	const all = "/api/v1/portfolios"
	switch one.kind {
	case "list":
		return "GET", all + "?page_size=20", ""
	case "update":
		return "PATCH", all + "/" + one.own() + "?update_mask=name", p.Bodies["update"]
	case "delete":
		if made := one.who.take(); made != "" {
			return "DELETE", all + "/" + made, ""
		}
		return "POST", all, p.Bodies["create"]
	case "create":
		return "POST", all, p.Bodies["create"]
	case "solve":
		return "POST", "/api/v1/solve", p.Bodies["solve"]
	case "stream":
		return "POST", "/api/v1/frontier/watch", p.Bodies["stream"]
	default:
		return "GET", all + "/" + one.own(), ""
	}
}

func (one call) own() string {
	return one.who.Portfolios[one.pick%int64(len(one.who.Portfolios))]
}

func (u *user) take() string {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if len(u.made) == 0 {
		return ""
	}
	last := u.made[len(u.made)-1]
	u.made = u.made[:len(u.made)-1]
	return last
}
