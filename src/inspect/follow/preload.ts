/**
 * Loaded before a job's file, by `deno run --preload`: takes the job that the file describes, and runs it again for
 * `deno task follow` in place of running it. What to do comes on standard input, what is found goes to standard output.
 */
import { explained, setJobLauncher, topicsOf } from "../../engine/internal.ts";
import { type FollowMessage, type FollowRequest, MESSAGE_MARK } from "./protocol.ts";
import { rerun } from "./rerun.ts";

const encoder = new TextEncoder();

/** Steps come while a record is at work, which waits for nobody. */
function report(message: FollowMessage): void {
  let rest = encoder.encode(`${MESSAGE_MARK}${JSON.stringify(message)}\n`);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

async function readRequest(): Promise<FollowRequest> {
  return JSON.parse(await new Response(Deno.stdin.readable).text());
}

setJobLauncher(async (job) => {
  const request = await readRequest();
  const { graph, options } = job;
  report({
    type: "job",
    job: options.jobName,
    reads: topicsOf(graph),
    writes: graph.nodes.flatMap((node) => node.kind === "sink" ? [node.sink.description] : []),
  });
  if (request.command === "follow") return await rerun(job, request, report);
  return explained(options.jobName);
});
