/** LockedActions against plain dynamic resources: up, preview, up without changes, state; hundreds that wait. */
import { chosenEngine } from "../tests/support/stack";
import { runBench, type Question } from "./frame";
import { acting } from "./stack/acting";
import { declaring } from "./stack/declaring";
import { openGround } from "./stack/ground";
import { waiting } from "./stack/waiting";

runBench("stack", async (bench) => {
  const ask = bench.chosen({ acting, declaring, waiting });
  bench.note(
    chosenEngine() === "local"
      ? "engine: our own (engine/); `pulumi` is not used"
      : "engine: `pulumi`",
  );
  const ground = await openGround(bench);
  const questions: Question[] = [];
  for (const question of ask) questions.push(await question(ground));
  await bench.eachRun(async (run) => {
    for (const question of questions) await question.measure(run);
  });
  for (const question of questions) await question.judge();
});
