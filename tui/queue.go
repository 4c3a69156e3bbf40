package tui

import (
	"sync"

	tea "charm.land/bubbletea/v2"
)

// queue stands between the engine and the screen. Putting never blocks, however long the terminal stalls, so that a
// slow SSH line cannot delay a key operation that has a time limit; what has piled up is drawn in one go.
type queue struct {
	mu    sync.Mutex
	items []tea.Msg
	ready chan struct{} // holds one token while there is something to take
}

// batch is all that had piled up, in order.
type batch []tea.Msg

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

func (q *queue) put(m tea.Msg) {
	q.mu.Lock()
	q.items = append(q.items, m)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) take() batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.items
	q.items = nil
	return b
}

// pump hands everything to send until done is closed. It is the only place that waits for the screen.
func (q *queue) pump(send func(tea.Msg), done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-q.ready:
			if b := q.take(); len(b) > 0 {
				send(b)
			}
		}
	}
}
