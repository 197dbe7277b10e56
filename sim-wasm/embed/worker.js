// Runs one search in a thread of its own. lab.js starts it, hears it and ends it.

import init, { Shrink, Swarm, panicked } from "./herd_sim.js";

/** How long it works between two reports, ms. */
const SLICE = 50;

/** What is being worked on: it is kept if the simulator crashes over it. */
let at = {};

self.onmessage = async ({ data: { kind, input } }) => {
  try {
    await init();
    const result = kind === "swarm" ? swarm(input) : shrink(input);
    self.postMessage({ kind: "done", result });
  } catch (error) {
    const { name, message, line, column, expected } = error;
    if (name === "HerdError") {
      self.postMessage({ kind: "refused", message, line, column, expected });
    } else {
      self.postMessage({ kind: "crashed", message: panicked() ?? String(error), ...at });
    }
  }
};

/** Runs every seed; reports the seeds of each slice, and what was found so far. */
function swarm(options) {
  const job = new Swarm(options);
  let rows = [];
  let report = job.report();
  let slice = performance.now();
  while (job.more) {
    at = { seed: job.seed };
    at.script = job.draw();
    // Said beforehand: a thread that is killed says nothing afterwards.
    self.postMessage({ kind: "at", ...at });
    rows.push(job.judge());
    if (performance.now() - slice > SLICE || !job.more) {
      report = job.report();
      self.postMessage({ kind: "progress", progress: { rows, report } });
      rows = [];
      slice = performance.now();
    }
  }
  return report;
}

/** Makes a script small; reports after every pass. */
function shrink(script) {
  at = { script };
  const job = new Shrink(script);
  let more = true;
  while (more) {
    self.postMessage({ kind: "progress", progress: job.state() });
    more = job.step();
    at = { script: job.state().script };
  }
  return job.state();
}
