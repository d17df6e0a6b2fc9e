import Support
import Testing

@testable import Checking

@Suite("Parts of the checker")
struct PartsTests {
  @Test(
    "A ring holds what was seen last, and the first copy of it",
    arguments: [-70, 0, 1000] as [Int64])
  func ring(start: Int64) {
    var random = SeededGenerator(seed: UInt64(bitPattern: start))
    var bytes = StreamBytes(capacity: 64, at: start)
    var model: [Int64: UInt8] = [:]
    var end = start
    for _ in 0..<2000 {
      let offset = end + Int64.random(in: -80...20, using: &random)
      let text = (0..<Int.random(in: 1...90, using: &random)).map { _ in
        UInt8.random(in: 0...3, using: &random)
      }
      let newEnd = max(end, offset + Int64(text.count))
      var compared: Int64 = 0
      var difference: Int64?
      for (index, byte) in text.enumerated() {
        let position = offset + Int64(index)
        guard position >= newEnd - 64 else { continue }
        if let known = model[position] {
          compared += 1
          if known != byte, difference == nil { difference = position }
        } else {
          model[position] = byte
        }
      }
      end = newEnd
      let comparison = bytes.take(text.span.bytes, at: offset)
      #expect(comparison.compared == compared && comparison.difference == difference)
    }
  }

  @Test("A ring that grows forgets nothing")
  func growth() {
    var bytes = StreamBytes(capacity: 64, at: 0)
    let text = (0..<100).map { UInt8($0) }
    _ = bytes.take(text.span.bytes, at: 0)
    bytes = bytes.grown(to: 256)
    let comparison = bytes.take(text.span.bytes, at: 0)
    #expect(comparison.compared == 64 && comparison.difference == nil)
    #expect(bytes.take(text.span.bytes, at: 0).compared == 100)
  }

  @Test("Places are kept in the order in which they were touched")
  func recency() {
    var random = SeededGenerator(seed: 5)
    var order = RecencyOrder()
    var model: [Int] = []
    for _ in 0..<2000 {
      let place = Int.random(in: 0..<20, using: &random)
      model.removeAll { $0 == place }
      if Bool.random(using: &random) {
        order.touch(place)
        model.append(place)
      } else {
        order.remove(place)
      }
      var found: [Int] = []
      var next = order.oldest
      while let place = next {
        found.append(place)
        next = order.after(place)
      }
      #expect(found == model)
    }
  }
}
