import type { WrongAnswer } from "../../../src/cli/learn/checks.ts";

export const wrong: WrongAnswer[] = [
  {
    replace: `    const airports = journey.split("-");
    for (let i = 1; i < airports.length; i++) out.collect(\`\${airports[i - 1]}-\${airports[i]}\`);`,
    by: "    for (let i = 0; i + 7 <= journey.length; i += 4) out.collect(journey.slice(i, i + 7));",
    words: "cut every four letters",
  },
];
