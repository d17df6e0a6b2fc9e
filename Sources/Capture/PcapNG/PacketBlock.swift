/// The fields of a packet block that a frame is made of.
struct PacketBlock {
  /// Index among the interfaces of the section.
  var interface: Int
  /// The count of time units; simple packets have none.
  var stamp: UInt64?
  var originalLength: Int
  var capturedLength: Int
  /// Where the data lie in the block's body.
  var dataOffset: Int

  /// The enhanced packet block (draft-ietf-opsawg-pcapng, section 4.3).
  @inline(__always)
  init(enhanced body: Fields) throws(BlockProblem) {
    try self.init(timed: body, interface: { Int($0.word(0)) })
  }

  /// The obsolete packet block (appendix A), whose interface number shares its word with a count of drops.
  init(obsolete body: Fields) throws(BlockProblem) {
    try self.init(timed: body, interface: { Int($0.half(0)) })
  }

  @inline(__always)
  private init(
    timed body: Fields, interface: (borrowing Fields) -> Int
  ) throws(BlockProblem) {
    guard body.count >= 20 else { throw BlockProblem("packet block is too short") }
    self.interface = interface(body)
    stamp = UInt64(body.word(4)) &<< 32 | UInt64(body.word(8))
    capturedLength = Int(body.word(12))
    originalLength = Int(body.word(16))
    dataOffset = 20
    guard capturedLength <= body.count &- dataOffset else {
      throw BlockProblem(
        "packet claims \(capturedLength) bytes, its block holds \(body.count &- dataOffset)")
    }
  }

  /// The simple packet block (section 4.4): of the first interface, without a time; what the
  /// snapshot length left of it fills the block up to the padding.
  init(simple body: Fields, snapLength: UInt32) throws(BlockProblem) {
    guard body.count >= 4 else { throw BlockProblem("packet block is too short") }
    interface = 0
    originalLength = Int(body.word(0))
    dataOffset = 4
    let limit = snapLength == 0 ? Int.max : Int(snapLength)
    capturedLength = min(originalLength, limit)
    guard capturedLength <= body.count - dataOffset else {
      throw BlockProblem(
        "packet claims \(capturedLength) bytes, its block holds \(body.count - dataOffset)")
    }
  }
}
