package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bytedance/sonic"
	"github.com/twmb/franz-go/pkg/kgo"
)

const minuteMs = 60_000

type sums struct{ minutes, flights int64 }

// s20: minutes and flights of each traveller, emitted at the end of each minute in which there are some.
type statistics struct {
	input, output string
	emit          func(*kgo.Record)
	// Event time of each partition.
	marks []int64
	// By start and traveller.
	windows map[int64]map[string]*sums
	totals  map[string]*sums
	// End of the last window that is over.
	over int64
}

func newStatistics(input, output string, emit func(*kgo.Record)) *statistics {
	marks := []int64{-1, -1, -1, -1, -1}
	return &statistics{input, output, emit, marks, map[int64]map[string]*sums{}, map[string]*sums{}, 0}
}

func (s *statistics) topics() []string { return []string{s.input} }

func (s *statistics) take(r *kgo.Record) {
	var f flight
	must(sonic.Unmarshal(r.Value, &f))
	ms := r.Timestamp.UnixMilli()
	s.marks[r.Partition] = max(s.marks[r.Partition], ms)
	start := ms - ms%minuteMs
	window := s.windows[start]
	if window == nil {
		window = map[string]*sums{}
		s.windows[start] = window
	}
	sum := window[f.Email]
	if sum == nil {
		sum = &sums{}
		// The text that was decoded lies in the record's bytes.
		window[strings.Clone(f.Email)] = sum
	}
	sum.minutes += (seconds(f.Arrival) - seconds(f.Departure)) / 60
	sum.flights++
}

func (s *statistics) between(ended func(string, int32) bool) {
	mark := int64(math.MaxInt64)
	for partition := range s.marks {
		if ended(s.input, int32(partition)) {
			s.marks[partition] = math.MaxInt64
		}
		mark = min(mark, s.marks[partition])
	}
	for len(s.windows) > 0 {
		first := int64(math.MaxInt64)
		for start := range s.windows {
			first = min(first, start)
		}
		if first+minuteMs > mark {
			return
		}
		s.fire(first)
	}
}

func (s *statistics) fire(start int64) {
	for email, sum := range s.windows[start] {
		total := s.totals[email]
		if total == nil {
			total = &sums{}
			s.totals[email] = total
		}
		total.minutes += sum.minutes
		total.flights += sum.flights
		name := strconv.Quote(email)
		value := fmt.Sprintf(`{"email_address":%s,"total_flight_duration":%d,"number_of_flights":%d}`,
			name, total.minutes, total.flights)
		s.emit(&kgo.Record{
			Topic:     s.output,
			Key:       []byte(`{"email_address":` + name + `}`),
			Value:     []byte(value),
			Timestamp: time.UnixMilli(start + minuteMs - 1),
		})
	}
	delete(s.windows, start)
	s.over = start + minuteMs
}

func (s *statistics) state() []byte {
	out := binary.AppendVarint(nil, s.over)
	put := func(all map[string]*sums) {
		out = binary.AppendVarint(out, int64(len(all)))
		for email, sum := range all {
			out = append(append(out, byte(len(email))), email...)
			out = binary.AppendVarint(binary.AppendVarint(out, sum.minutes), sum.flights)
		}
	}
	put(s.totals)
	for start, window := range s.windows {
		out = binary.AppendVarint(out, start)
		put(window)
	}
	return out
}
