"""A pipeline on this machine, without a cluster: `rok kale run`.

Three kinds of processes share the work: `rok` itself copies the workspace, watches and clears up (`run`); one child
compiles the notebook and has `kfp.local` run it (`runner`); a small program around each step says when it begins and
ends (`step_command`). They speak by a file of events, and all of it lies in one temporary directory (`places`).
"""
