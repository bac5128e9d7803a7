// Preloaded into the program that the launcher starts. A launcher that is killed outright cannot hand on a
// signal, and its program would go on holding the project: it is asked to end, as by SIGTERM. What
// the program forks does not load this: it ends when its channel to the program closes (src/rpc).
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, 1000).unref();
