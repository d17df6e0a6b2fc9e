import Sockets
import Support
import Testing
import Wire

@testable import Deferral

@Suite("What waits at a link")
struct ItemQueueTests {
  private func item(_ source: UInt64, _ direction: Direction, _ count: Int) -> QueuedItem {
    let packet = PacketInfo(ordinal: source, timestamp: Timestamp(seconds: 0, nanoseconds: 0))
    return QueuedItem(
      cause: Cause(packet: packet, step: 0, start: nil, socket: nil),
      content: .data(
        Stretch(direction, at: source), .array([UInt8](repeating: 0, count: count))))
  }

  private func event(_ ordinal: UInt64) -> QueuedItem {
    let packet = PacketInfo(ordinal: ordinal, timestamp: Timestamp(seconds: 0, nanoseconds: 0))
    return QueuedItem(
      cause: Cause(packet: packet, step: 0, start: nil, socket: nil),
      content: .event(.connected(midstream: false)))
  }

  @Test(
    "What is kept of a queue is what is in it, whatever is put in and taken out",
    arguments: 0..<20 as Range<UInt64>)
  func counts(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var queue = ItemQueue()
    var model: [QueuedItem] = []
    for step in 0..<400 {
      let isData = Bool.random(using: &random)
      var new =
        isData
        ? item(
          UInt64(step), Bool.random(using: &random) ? .out : .in, .random(in: 0...9, using: &random)
        )
        : event(UInt64(step))
      if isData, Bool.random(using: &random) { new.answer = .verdict(.allow) }
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        queue.append(new)
        model.append(new)
      case 2:
        queue.prepend(new)
        model.insert(new, at: 0)
      case 3:
        let taken = queue.removeFirst()
        #expect(taken?.cause.packet == (model.isEmpty ? nil : model.removeFirst())?.cause.packet)
      default:
        let taken = queue.removeLast()
        #expect(taken?.cause.packet == model.popLast()?.cause.packet)
      }
      #expect(queue.isEmpty == model.isEmpty)
      #expect(queue.firstCause?.packet == model.first?.cause.packet)
      #expect(
        queue.hasUnshown
          == model.contains { if case .notShown = $0.answer { true } else { false } })
      for direction in Direction.allCases {
        let places = model.compactMap(\.place).filter { $0.direction == direction }
        #expect(queue.firstSource(direction) == places.first?.source)
        let bytes = model.reduce(0) { sum, item in
          guard case .data(let stretch, let bytes) = item.content,
            stretch.direction == direction
          else { return sum }
          return sum + bytes.count
        }
        #expect(queue.heldBytes[direction.index] == bytes)
      }
    }
  }
}
