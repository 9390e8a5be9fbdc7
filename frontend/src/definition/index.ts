export * from "./types";
export * from "./walk";
