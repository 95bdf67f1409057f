// The number of a workgroup in a row of groups that may be folded into two dimensions (geometry.ts).
fn group_of(id: vec3<u32>, count: vec3<u32>) -> u32 {
  return id.y * count.x + id.x;
}
