package main

import (
	"strconv"

	"github.com/bytedance/sonic"
	"github.com/twmb/franz-go/pkg/kgo"
)

type skyone struct {
	Email        string `json:"email_address"`
	Departure    string `json:"flight_departure_time"`
	From         string `json:"iata_departure_code"`
	Arrival      string `json:"flight_arrival_time"`
	To           string `json:"iata_arrival_code"`
	Number       string `json:"flight_number"`
	Confirmation string `json:"confirmation"`
}

type sunset struct {
	Email        string `json:"customer_email_address"`
	Departure    string `json:"departure_time"`
	From         string `json:"departure_airport"`
	Arrival      string `json:"arrival_time"`
	To           string `json:"arrival_airport"`
	Number       string `json:"flight_id"`
	Confirmation string `json:"reference_number"`
}

type flight struct {
	Email        string `json:"email_address"`
	Departure    string `json:"departure_time"`
	From         string `json:"departure_airport_code"`
	Arrival      string `json:"arrival_time"`
	To           string `json:"arrival_airport_code"`
	Number       string `json:"flight_number"`
	Confirmation string `json:"confirmation"`
	Source       string `json:"source"`
}

// Seconds of "2024-05-20T12:34:56.789", which is not checked.
func seconds(t string) int64 {
	two := func(at int) int { return int(t[at]-'0')*10 + int(t[at+1]-'0') }
	year, month := two(0)*100+two(2), two(5)
	// Years that begin in March have their leap day at the end.
	if month < 3 {
		year--
		month += 9
	} else {
		month -= 3
	}
	days := year*365 + year/4 - year/100 + year/400 + (153*month+2)/5 + two(8) - 1 - 719_468
	return int64(days)*86_400 + int64(two(11)*3_600+two(14)*60+two(17))
}

// s16: flights of both airlines that land after now, in seconds.
type importer struct {
	skyone, sunset, output string
	now                    int64
	emit                   func(*kgo.Record)
}

func (i *importer) topics() []string                 { return []string{i.skyone, i.sunset} }
func (i *importer) between(func(string, int32) bool) {}
func (i *importer) state() []byte                    { return nil }

func (i *importer) take(r *kgo.Record) {
	var f flight
	if r.Topic == i.skyone {
		var b skyone
		must(sonic.Unmarshal(r.Value, &b))
		f = flight{b.Email, b.Departure, b.From, b.Arrival, b.To, b.Number, b.Confirmation, "skyone"}
	} else {
		var b sunset
		must(sonic.Unmarshal(r.Value, &b))
		f = flight{b.Email, b.Departure, b.From, b.Arrival, b.To, b.Number, b.Confirmation, "sunset"}
	}
	if seconds(f.Arrival) <= i.now {
		return
	}
	value, err := sonic.Marshal(&f)
	must(err)
	key := []byte(`{"confirmation":` + strconv.Quote(f.Confirmation) + `}`)
	i.emit(&kgo.Record{Topic: i.output, Key: key, Value: value, Timestamp: r.Timestamp})
}
