/// Walks the options of a block (draft-ietf-opsawg-pcapng, section 3.5).
struct OptionReader: ~Escapable {
  struct Option {
    var code: UInt16
    /// Where the value lies in the block's body.
    var value: Range<Int>
  }

  private let body: Fields
  private var offset: Int

  /// - Parameter start: where the options begin; they go to the end of the body.
  @_lifetime(copy body)
  init(_ body: Fields, from start: Int) {
    self.body = body
    offset = start
  }

  /// `nil` at `opt_endofopt`, or at the end of a block that has none.
  @_lifetime(self: copy self)
  mutating func next() throws(BlockProblem) -> Option? {
    guard body.count - offset >= 4 else { return nil }
    let code = body.half(offset)
    let length = Int(body.half(offset + 2))
    if code == 0 { return nil }
    let start = offset + 4
    guard length <= body.count - start else {
      throw BlockProblem("option \(code) claims \(length) of \(body.count - start) bytes")
    }
    offset = start + (length + 3) & ~3
    return Option(code: code, value: start..<start + length)
  }
}
