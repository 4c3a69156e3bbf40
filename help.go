package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keyrollout/steps"
	"keyrollout/tui"
)

// setHelp lets help speak the reader's language, and keep its columns at a terminal.
func (a *app) setHelp(root *cobra.Command) {
	root.SetVersionTemplate("keyrollout {{.Version}}\n")                                               // as  keyrollout version  prints it
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Padding }} {{", "Padding }}  {{")) // else the longest name runs into what explains it
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		a.translate(root)
		var page strings.Builder
		cmd.SetOut(&page)
		help(cmd, args)
		cmd.SetOut(a.out)
		byDefault := steps.T("(default ") // as pflag writes it behind a flag
		_, _ = a.out.WriteString(tui.Page(a.out.File, strings.ReplaceAll(page.String(), byDefault.Format, a.say(byDefault))))
	})
}

// adopt has cobra's own commands refuse a word they do not know, which they would answer with a page. The root has its
// output by now: the command for completion keeps the one it is made with.
func (a *app) adopt(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = topic
		case "completion":
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			everyCommand(c, func(c *cobra.Command) { c.Args = noArgs })
		}
	}
}

// translate has help and completion speak the reader's language: what commands and flags say of themselves, and cobra's
// own words. What has no translation stays as it was written. Only what shows any of it takes this time.
func (a *app) translate(root *cobra.Command) {
	root.InitDefaultVersionFlag()
	command := steps.T("[command]")
	var words []string
	for _, w := range []steps.Text{
		steps.T(`Use "{{.CommandPath}} [command] --help" for more information about a command.`), command, steps.T("Usage:"),
		steps.T("Examples:"), steps.T("Available Commands:"), steps.T("Additional help topics:"), steps.T("Global Flags:"), steps.T("Flags:"),
	} {
		words = append(words, w.Format, a.say(w))
	}
	root.SetUsageTemplate(strings.NewReplacer(words...).Replace(root.UsageTemplate()))
	everyCommand(root, func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		c.Short, c.Long, c.Example = a.say(steps.Text{Format: c.Short}), a.sayPage(c.Long), a.sayPage(c.Example)
		c.Use = strings.ReplaceAll(c.Use, command.Format, a.say(command)) // as in cobra's  help [command]
		if !c.DisableFlagsInUseLine {
			c.Use, c.DisableFlagsInUseLine = c.Use+" "+a.say(steps.T("[flags]")), true
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			switch _, ofCobra := f.Annotations[cobra.FlagSetByCobraAnnotation]; {
			case ofCobra && f.Name == "help":
				f.Usage = a.say(steps.T("help for %s", c.Name()))
			case ofCobra && f.Name == "version":
				f.Usage = a.say(steps.T("version for %s", c.Name()))
			default:
				f.Usage = a.say(steps.Text{Format: f.Usage})
			}
		})
	})
}

// before is what happens before any command runs: a shell that completes one asks for what is said of those there are.
func (a *app) before(cmd *cobra.Command, args []string) error {
	if cmd.Name() == cobra.ShellCompRequestCmd {
		a.translate(cmd.Root())
	}
	a.rehearses(cmd)
	return a.checkOutputs(cmd, args)
}

// topic refuses what there is no help for; cobra would show the first page.
func topic(help *cobra.Command, args []string) error {
	cmd, rest, err := help.Root().Find(args)
	if err == nil && len(rest) > 0 {
		return unknownCommand(cmd, rest[0])
	}
	return err
}

func everyCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		everyCommand(sub, do)
	}
}

// sayPage translates a page piece by piece. A translated paragraph is one line; a terminal's width breaks it.
func (a *app) sayPage(page string) string {
	var out strings.Builder
	for _, p := range pieces(page) {
		if said := a.say(steps.Text{Format: p.text}); said != p.text {
			out.WriteString(p.indent + said + p.end)
		} else {
			out.WriteString(p.written)
		}
	}
	return out.String()
}

// piece is what is translated at a time: a paragraph, its lines joined, or an indented line, which stands for itself.
// Blank lines have no text.
type piece struct{ text, indent, end, written string }

func pieces(page string) []piece {
	var out []piece
	paragraph := false
	for line := range strings.Lines(page) {
		whole := strings.TrimRight(line, "\n")
		text := strings.TrimLeft(whole, " \t")
		p := piece{text: text, indent: whole[:len(whole)-len(text)], end: line[len(whole):], written: line}
		if flush := text != "" && p.indent == ""; flush && paragraph {
			last := &out[len(out)-1]
			last.text, last.end, last.written = last.text+" "+text, p.end, last.written+line
		} else {
			out, paragraph = append(out, p), flush
		}
	}
	return out
}

// explained reports whether a piece has words to translate: a paragraph has, a line of an example only where something
// stands behind it in a column.
func (p piece) explained() bool {
	return p.text != "" && (p.indent == "" || strings.Contains(p.text, "  "))
}
