/** The lock against Curator, kazoo and a poll: hand-off, throughput, requests, wake-ups, memory. */
import { runBench } from "./frame";
import { Arena } from "./lock/arena";
import { handOff } from "./lock/hand-off";
import { memory } from "./lock/memory";
import { poll } from "./lock/poll";
import { requests } from "./lock/requests";
import { semaphore } from "./lock/semaphore";
import { uncontended } from "./lock/uncontended";

const QUESTIONS = {
  uncontended,
  "hand-off": handOff,
  poll,
  semaphore,
  requests,
  memory,
};

runBench("lock", async (bench) => {
  const chosen = bench.chosen(QUESTIONS);
  const arena = await Arena.open(bench);
  const questions = chosen.map((ask) => ask(arena));
  await bench.eachRun(async (run) => {
    for (const question of questions) await question.measure(run);
  });
  for (const question of questions) await question.judge();
  await arena.close();
});
