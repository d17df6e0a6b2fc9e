import Reassembly
import Sockets

/// What has been reported of one socket, held against the contract.
struct SocketLife {
  var interest: SocketInterest
  private(set) var isDetached = false
  private(set) var chunks = 0
  private(set) var gapBytes: UInt64 = 0
  private var directions = [Stream(), Stream()]
  private var seen: [String] = []

  private struct Stream {
    var next: UInt64 = 0
    var bytes: UInt64 = 0
    var gapBytes: UInt64 = 0
    var isClosed = false
    var text = SequenceText.Reader()
  }

  init(_ interest: SocketInterest) { self.interest = interest }

  mutating func data(_ bytes: RawSpan, _ direction: Direction, at offset: UInt64) throws {
    let wanted: SocketInterest = direction == .out ? .dataOut : .dataIn
    try require(interest.contains(wanted), "data that nobody wanted")
    try require(!isDetached, "data after detached")
    try require(!seen.contains("disconnected"), "data after disconnected")
    try require(bytes.byteCount > 0, "a chunk of nothing")
    let stream = directions[direction.index]
    try require(!stream.isClosed, "data after the FIN")
    // Without events, gaps are not told.
    let isNext = interest.contains(.events) ? offset == stream.next : offset >= stream.next
    try require(isNext, "data at \(offset) and not at \(stream.next)")
    directions[direction.index].next = offset &+ UInt64(bytes.byteCount)
    directions[direction.index].bytes &+= UInt64(bytes.byteCount)
    chunks += 1
  }

  mutating func checkText(_ bytes: RawSpan, _ direction: Direction, at offset: UInt64) throws {
    try directions[direction.index].text.read(bytes, at: offset)
  }

  mutating func event(_ event: SocketEvent, _ info: SocketInfo, isExact: Bool) throws {
    try require(interest.contains(.events), "an event that nobody wanted")
    try require(!isDetached, "\(event) after detached")
    try require(seen.isEmpty == (event == .attached), "\(event) at the wrong time: \(seen)")
    switch event {
    case .gap(let direction, let offset, let length):
      try gap(direction, offset, length, isExact: isExact)
      return
    case .cantSendMore: try close(.out)
    case .cantReceiveMore: try close(.in)
    case .detached:
      try require(seen.contains("disconnected"), "detached, but not disconnected")
      try end(info, isExact: isExact)
    default: break
    }
    try require(!seen.contains(event.name), "\(event) twice")
    try require(
      !seen.contains("disconnected") || event == .detached, "\(event) after disconnected")
    seen.append(event.name)
    try checkOrder()
  }

  private mutating func gap(
    _ direction: Direction, _ offset: UInt64, _ length: UInt64, isExact: Bool
  ) throws {
    let stream = directions[direction.index]
    try require(length > 0, "a gap of nothing")
    try require(!stream.isClosed, "a gap after the FIN")
    try require(!seen.contains("disconnected"), "a gap after disconnected")
    try require(
      isExact ? offset == stream.next : offset >= stream.next,
      "a gap at \(offset) and not at \(stream.next)")
    directions[direction.index].next = offset &+ length
    directions[direction.index].gapBytes &+= length
    gapBytes &+= length
  }

  private mutating func close(_ direction: Direction) throws {
    try require(!directions[direction.index].isClosed, "a second FIN")
    directions[direction.index].isClosed = true
  }

  private mutating func end(_ info: SocketInfo, isExact: Bool) throws {
    isDetached = true
    try require(info.disconnectReason != nil, "no reason at the end")
    guard isExact else { return }
    for direction in Direction.allCases {
      let (told, came) = (info[direction], directions[direction.index])
      try require(
        told.streamBytes == came.bytes, "\(told.streamBytes) bytes told, \(came.bytes) came")
      try require(
        told.gapBytes == came.gapBytes, "\(told.gapBytes) of gaps told, \(came.gapBytes) came")
    }
  }

  /// What comes before what, where both are there.
  private static let order = [
    "attached", "connecting", "connected", "shutdown", "closing", "disconnecting", "disconnected",
    "detached",
  ]

  private func checkOrder() throws {
    let places = seen.compactMap(Self.order.firstIndex)
    try require(places == places.sorted(), "events in the wrong order: \(seen)")
  }
}
