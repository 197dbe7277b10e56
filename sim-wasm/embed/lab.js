// Searches that do not disturb the page: each runs in a worker of its own, reports while it runs and
// can be cancelled at any moment. Types are in lab.d.ts.

const start = () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

/** The simulator crashed. What it was working on is kept. */
export class Crash extends Error {
  name = "Crash";

  constructor({ message, seed, script }) {
    super(message);
    this.seed = seed;
    this.script = script;
  }
}

/** Searches many seeds for what breaks a check. */
export function swarm(options, onProgress = () => {}, worker = start()) {
  const failures = [];
  let report;
  const heard = (progress) => {
    report = progress.report;
    failures.push(...progress.rows.filter((row) => row.failure));
    onProgress(progress);
  };
  const end = (cancelled) => ({ report, failures, cancelled });
  return run(worker, { kind: "swarm", input: options }, heard, end, (result) => (report = result));
}

/** Makes a failing script small. */
export function shrink(script, onProgress = () => {}, worker = start()) {
  return staged("shrink", script, onProgress, worker);
}

/** Searches from when on a run could not be saved any more by leaving the rest out. */
export function noReturn(script, onProgress = () => {}, worker = start()) {
  return staged("noReturn", script, onProgress, worker);
}

/** Has two protocols run the same script, with the same luck. */
export function race(options, onProgress = () => {}, worker = start()) {
  return staged("race", options, onProgress, worker);
}

/** A job whose latest state is all that it has to say. */
function staged(kind, input, onProgress, worker) {
  let state;
  const heard = (progress) => onProgress((state = progress));
  const end = (cancelled) => ({ state, cancelled });
  return run(worker, { kind, input }, heard, end, (result) => (state = result));
}

function run(worker, job, heard, end, keep) {
  let cancel;
  const done = new Promise((resolve, reject) => {
    let at = {};
    cancel = () => resolve(end(true));
    worker.onmessage = ({ data }) => {
      if (data.kind === "at") at = data;
      else if (data.kind === "progress") heard(data.progress);
      else if (data.kind === "crashed") reject(new Crash(data));
      else if (data.kind === "refused") reject(refusal(data));
      else if (data.kind === "done") {
        keep(data.result);
        resolve(end(false));
      }
    };
    // The thread itself is gone, or never came up.
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Crash({ ...at, message: event.message || "the worker could not be started" }));
    };
    worker.postMessage(job);
  });
  // Whatever the end, nothing goes on behind it.
  done.catch(() => {}).finally(() => worker.terminate());
  return { done, cancel };
}

function refusal({ message, line, column, expected }) {
  return Object.assign(new Error(message), { name: "HerdError", line, column, expected });
}
