import Sockets
import Support
import Wire

/// A connection that a seed makes, with segments lost, doubled, moved, cut anew and overlapping,
/// and what a naive model says of it, packet by packet.
struct RandomConversation {
  let talk: Conversation
  /// By `Direction.index`.
  private(set) var streams = [NaiveStream(), NaiveStream()]
  /// After each packet, how far both streams are there without a hole.
  private(set) var progress: [[Int]] = []

  private struct Piece {
    var direction: Direction
    var offset: Int
    var text: [UInt8]
    var key: Int
  }

  init(seed: UInt64, _ family: Conversation.Family) {
    var random = SeededGenerator(seed: seed)
    let near = UInt32.random(in: 0...3000, using: &random)
    talk = Conversation(
      family, client: Int(seed % 1000) + 1,
      initialSequences: (
        Bool.random(using: &random) ? 0 &- near : .random(in: 0 ... .max, using: &random),
        Bool.random(using: &random) ? 0 &- near / 2 : .random(in: 0 ... .max, using: &random)
      ))
    talk.opens()
    for _ in 0..<3 { progress.append([0, 0]) }
    let pieces =
      Self.pieces(.out, size: .random(in: 0...2000, using: &random), &random)
      + Self.pieces(.in, size: .random(in: 0...2000, using: &random), &random)
    for piece in pieces.sorted(by: { ($0.key, $0.offset) < ($1.key, $1.offset) }) { send(piece) }
  }

  private static func pieces(
    _ direction: Direction, size: Int, _ random: inout SeededGenerator
  ) -> [Piece] {
    let stream = (0..<size).map { _ in UInt8.random(in: 97...122, using: &random) }
    let disorder = [0, 3, 40].randomElement(using: &random)!
    let (loss, copies, lies) = (
      Int.random(in: 0...20, using: &random), Int.random(in: 0...40, using: &random),
      Int.random(in: 0...30, using: &random)
    )
    var pieces: [Piece] = []
    var offset = 0
    while offset < size {
      let end = min(size, offset + Int.random(in: 1...120, using: &random))
      func add(_ range: Range<Int>, later: Int) {
        var text = Array(stream[range])
        // A copy with other bytes: whoever comes first stays.
        if Int.random(in: 0..<100, using: &random) < lies { text = text.map { $0 & ~0x20 } }
        let key = offset + later + Int.random(in: 0...disorder * 10, using: &random)
        pieces.append(Piece(direction: direction, offset: range.lowerBound, text: text, key: key))
      }
      if Int.random(in: 0..<100, using: &random) >= loss { add(offset..<end, later: 0) }
      while Int.random(in: 0..<100, using: &random) < copies {
        let start = Int.random(in: max(0, offset - 150)...offset, using: &random)
        let stop = Int.random(in: (start + 1)...min(size, start + 300), using: &random)
        add(start..<stop, later: Int.random(in: 0...300, using: &random))
      }
      offset = end
    }
    return pieces
  }

  private mutating func send(_ piece: Piece) {
    let end: End = piece.direction == .out ? talk.originator : talk.responder
    end.sends(piece.text, at: piece.offset)
    streams[piece.direction.index].add(piece.text, at: piece.offset)
    progress.append(streams.map(\.contiguous))
  }

  func stream(_ direction: Direction) -> NaiveStream { streams[direction.index] }
}
