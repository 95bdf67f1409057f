// What changes from run to run: the key of every random number.
struct Run {
  seed: u32,
  step: u32,
}
