// Package matcher turns pictures of fingers into templates and templates into scores.
package matcher
