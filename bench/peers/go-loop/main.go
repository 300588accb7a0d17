// go-loop s16|s20: the jobs as loops around franz-go, exactly once: each second a transaction with the outputs, the positions
// and, of s20, the state as one record of the topic STATE. It ends at the end of its topics. Its state is written and not read:
// the way back after a restart is missing.
package main

import (
	"context"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const commitInterval = time.Second

// A job takes records and emits others.
type job interface {
	topics() []string
	take(r *kgo.Record)
	// Called between batches, with whether each partition has been read to its end.
	between(ended func(topic string, partition int32) bool)
	// What a commit has to keep beside the positions; nil if nothing.
	state() []byte
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	id := os.Getenv("PEER_ID")
	var emit func(*kgo.Record)
	emitLater := func(r *kgo.Record) { emit(r) }
	var j job
	switch os.Args[1] {
	case "s16":
		now, err := strconv.ParseInt(os.Getenv("NOW_S"), 10, 64)
		must(err)
		j = &importer{os.Getenv("PEER_SKYONE"), os.Getenv("PEER_SUNSET"), os.Getenv("PEER_FLIGHTDATA"), now, emitLater}
	case "s20":
		j = newStatistics(os.Getenv("PEER_FLIGHTDATA"), os.Getenv("PEER_USERSTATISTICS"), emitLater)
	default:
		panic("go-loop s16|s20")
	}

	ctx := context.Background()
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(os.Getenv("BOOTSTRAP_SERVERS")),
		kgo.TransactionalID(id),
		kgo.ConsumerGroup(id),
		kgo.ConsumeTopics(j.topics()...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.RequireStableFetchOffsets(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(10*time.Millisecond),
		kgo.MaxBufferedRecords(200_000),
		kgo.FetchMaxBytes(16<<20),
	)
	must(err)
	emit = func(r *kgo.Record) { session.Produce(ctx, r, func(_ *kgo.Record, err error) { must(err) }) }
	ends, err := kadm.NewClient(session.Client()).ListEndOffsets(ctx, j.topics()...)
	must(err)
	next := kadm.Offsets{}
	ended := func(topic string, partition int32) bool {
		end, _ := ends.Lookup(topic, partition)
		at, _ := next.Lookup(topic, partition)
		return at.At >= end.Offset
	}

	must(session.Begin())
	began := time.Now()
	for {
		fetches := session.PollRecords(ctx, 10_000)
		for _, e := range fetches.Errors() {
			must(e.Err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			next.AddOffset(r.Topic, r.Partition, r.Offset+1, -1)
			j.take(r)
		})
		j.between(ended)
		all := true
		ends.Each(func(o kadm.ListedOffset) { all = all && ended(o.Topic, o.Partition) })
		if !all && time.Since(began) <= commitInterval {
			continue
		}
		if state := j.state(); state != nil {
			emit(&kgo.Record{Topic: os.Getenv("STATE"), Key: []byte("state"), Value: state})
		}
		committed, err := session.End(ctx, kgo.TryCommit)
		must(err)
		if !committed {
			panic("not committed: the group has another member")
		}
		if all {
			return
		}
		must(session.Begin())
		began = time.Now()
	}
}
