import Buffers
import Support
import Testing
import Wire

@testable import Pipeline

/// What is too much for memory comes out as if it were not.
@Suite("Lanes of what is to be written")
struct OutputLaneTests {
  private static func line(_ number: Int) -> [UInt8] {
    Array("line \(number) ".utf8) + [UInt8](repeating: 0x2E, count: 2000) + [10]
  }

  private static func lane(_ numbers: some Sequence<Int>) -> OutputLane {
    var lane = OutputLane()
    for number in numbers {
      let key = OutputKey(ordinal: UInt64(number), subIndex: 0)
      lane.append(OutputPlace(key: key)) { $0.append(line(number).span) }
    }
    return lane
  }

  private static func written(_ lane: consuming OutputLane) throws -> [UInt8] {
    let log = MemoryLog()
    var lane = lane
    try lane.flush(to: log)
    let isEmpty = lane.isEmpty
    #expect(isEmpty)
    return log.bytes
  }

  @Test("In order, and out of order", arguments: [100, 9000])
  func order(count: Int) throws {
    let expected = (0..<count).flatMap(Self.line)
    #expect(try Self.written(Self.lane(0..<count)) == expected)
    let shuffled = (0..<count).map { $0 * 7919 % count }
    #expect(try Self.written(Self.lane(shuffled)) == expected)
  }

  @Test("Those of several workers together")
  func several() throws {
    var lane = OutputLane()
    for worker in 0..<3 { lane.append(Self.lane(stride(from: worker, to: 7500, by: 3))) }
    #expect(try Self.written(lane) == (0..<7500).flatMap(Self.line))
  }

  @Test("What has one place stays in the order it came in")
  func samePlace() throws {
    var lane = OutputLane()
    let place = OutputPlace(key: OutputKey(ordinal: 5, subIndex: 1))
    for number in 0..<5000 { lane.append(place) { $0.append(Self.line(number).span) } }
    lane.append(OutputPlace(key: OutputKey(ordinal: 1, subIndex: 1))) {
      $0.append(Self.line(-1).span)
    }
    #expect(try Self.written(lane) == Self.line(-1) + (0..<5000).flatMap(Self.line))
  }
}
