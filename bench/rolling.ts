/** Rolls of 10 to 10,000 simulated hosts over a real ZooKeeper; a hundred real ones against plain dynamic resources. */
import { runBench } from "./frame";
import { openGround } from "./rolling/ground";
import { makespan } from "./rolling/makespan";
import { memory } from "./rolling/memory";
import { sizes } from "./rolling/sizes";
import { stacks } from "./rolling/stacks";

runBench("rolling", async (bench) => {
  const ask = bench.chosen({ makespan, sizes, memory, stacks });
  const ground = await openGround(bench);
  const questions = await Promise.all(ask.map((question) => question(ground)));
  await bench.eachRun(async (run) => {
    for (const question of questions) await question.measure(run);
  });
  for (const question of questions) await question.judge();
});
