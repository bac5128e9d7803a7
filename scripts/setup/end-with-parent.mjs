// Preloaded into the program that the launcher starts, and inherited by what that forks: a process whose
// parent was killed outright would go on holding the project. It is asked to end as on SIGTERM.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, 1000).unref();
