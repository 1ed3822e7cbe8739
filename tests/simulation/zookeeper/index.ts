/** A ZooKeeper in memory and in virtual time. Loading this file puts it in the place of the real one while a world runs. */
import "../time/globals";
import "./client";

export { Ensemble, type EnsembleOptions } from "./ensemble";
export type { Decision } from "./leader";
export type { Server } from "./server";
export type { Transaction, Change } from "./tree";
