import type {
  NoReturnState,
  RaceOptions,
  RaceState,
  SeedRow,
  ShrinkState,
  SwarmOptions,
  SwarmReport,
} from "./herd_sim.js";

/** A search under way, in a worker of its own. */
export interface Job<Result> {
  /** How it ended. Rejected with a `HerdError` if it was refused, with a `Crash` if it crashed. */
  readonly done: Promise<Result>;
  /** Ends it now: `done` is what was found so far. */
  cancel(): void;
}

/** What a slice of a swarm brought. */
export interface SwarmProgress {
  /** The seeds of this slice. */
  rows: SeedRow[];
  /** What was found so far. */
  report: SwarmReport;
}

/** How a swarm ended. */
export interface SwarmResult {
  /** What was found; absent if it was cancelled before it had begun. */
  report?: SwarmReport;
  /** The seeds that failed. */
  failures: SeedRow[];
  cancelled: boolean;
}

/** How shrinking ended. */
export interface ShrinkResult {
  /** The smallest script so far; absent if it was cancelled before it had begun. */
  state?: ShrinkState;
  cancelled: boolean;
}

/** How the search for the point of no return, or a race, ended. */
export interface Staged<State> {
  /** How far it came; absent if it was cancelled before it had begun. */
  state?: State;
  cancelled: boolean;
}

/** The simulator crashed. What it was working on is kept. */
export class Crash extends Error {
  name: "Crash";
  /** The seed, in a swarm. */
  seed?: number;
  /** The script it crashed over. */
  script?: string;
}

/** Searches many seeds for what breaks a check. `worker`: one of yours that imports `worker.js`. */
export function swarm(
  options: SwarmOptions,
  onProgress?: (progress: SwarmProgress) => void,
  worker?: Worker,
): Job<SwarmResult>;

/** Makes a failing script, or the script of a link, small. */
export function shrink(
  script: string,
  onProgress?: (state: ShrinkState) => void,
  worker?: Worker,
): Job<ShrinkResult>;

/** Searches from when on a run could not be saved any more by leaving the rest out. */
export function noReturn(
  script: string,
  onProgress?: (state: NoReturnState) => void,
  worker?: Worker,
): Job<Staged<NoReturnState>>;

/** Has two protocols run the same script, with the same luck. */
export function race(
  options: RaceOptions,
  onProgress?: (state: RaceState) => void,
  worker?: Worker,
): Job<Staged<RaceState>>;
