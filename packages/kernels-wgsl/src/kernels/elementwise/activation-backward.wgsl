// dX = dOut * act'(kept): kept is what relu gave (positive exactly where its input is), or what GELU was given; with IN_PLACE,
// dX is dOut.
// Traffic: 8 bytes an element read, 4 written: each once.
struct Call {
  count: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> dX: array<Value>;
@group(0) @binding(2) var<storage, read_write> kept: array<Value>;
#if !IN_PLACE
@group(0) @binding(3) var<storage, read_write> dOut: array<Value>;
#endif
#use group
#use value
#use gelu-slope

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group_of(id, count) * 256u + lane;
  if (i >= call.count) {
    return;
  }
#if IN_PLACE
  let d = dX[i];
#else
  let d = dOut[i];
#endif
#if GELU
  dX[i] = d * gelu_slope(kept[i]);
#else
  dX[i] = select(Value(0.0), d, kept[i] > Value(0.0));
#endif
}
