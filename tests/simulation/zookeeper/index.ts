/** A ZooKeeper in memory and in virtual time. */
import "../time/globals";
import "./client";

export { Ensemble, type EnsembleOptions } from "./ensemble";
export type { Decision } from "./leader";
export type { Server } from "./server";
export type { Transaction, Change } from "./tree";
