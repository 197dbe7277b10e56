// Runs one search in a thread of its own. lab.js starts it, hears it and ends it.

import init, { NoReturn, Race, Shrink, Swarm, panicked } from "./herd_sim.js";

/** How long it works between two reports, ms. */
const SLICE = 50;

/** What is being worked on: it is kept if the simulator crashes over it. */
let at = {};

self.onmessage = async ({ data: { kind, input } }) => {
  try {
    await init();
    const result = jobs[kind](input);
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

/** Searches the point of no return of a script; reports the points of each slice. */
function noReturn(script) {
  at = { script };
  return slices(new NoReturn(script));
}

/** Has two protocols run the same script; reports how far both are. */
function race(options) {
  at = { script: options.script };
  return slices(new Race(options));
}

/** Does all steps of a job; reports after every slice. */
function slices(job) {
  let slice = performance.now();
  while (job.step()) {
    if (performance.now() - slice > SLICE) {
      self.postMessage({ kind: "progress", progress: job.state() });
      slice = performance.now();
    }
  }
  self.postMessage({ kind: "progress", progress: job.state() });
  return job.state();
}

const jobs = { swarm, shrink, noReturn, race };
