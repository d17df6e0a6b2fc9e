internal import Sockets
internal import Wire

/// Flights of segments in both directions, with what networks and captures do to them.
///
/// So that the number of stream bytes is exact, three rules hold:
/// - A segment that the capture lost is never sent again, and nothing that is sent again overlaps
///   it. The receiver has it and acknowledges it, so that its gap is final.
/// - A segment is acknowledged only when it is lost or was captured before: reordering and
///   duplication stay in front of the acknowledgement that covers the first copy.
/// - A copy with other bytes only covers bytes that were captured before: the first copy is right.
///
/// A flight is acknowledged to its end before the next one begins, in either direction.
struct AdverseTransfer: Script {
  /// Rates in a thousand segments. Some delayed segments do not change places with a later one,
  /// so more are delayed than are to be reordered.
  private enum Rate {
    static let delayed = 115
    static let lost = 10
    static let duplicated = 20
    static let repeatedAcross = 15
    static let extendedBack = 15
    static let fragmented = 20
  }

  var conversation: Conversation
  var steps = StepQueue()
  private var random: SplitMix64
  private let plan: Plan
  /// What is left of its share of the file.
  private var budget: Int
  private var isClosed = false

  init(_ plan: Plan, _ index: Int) {
    self.plan = plan
    conversation = Conversation(plan, index: index)
    random = SplitMix64(seed: plan.seed, stream: 1 << 40 | UInt64(index))
    let share = plan.bytesPerConnection
    budget = random.next(in: (share / 2)...(share * 3 / 2)) - plan.handshakeBytes - plan.closeBytes
    steps.appendHandshake()
  }

  mutating func refill() {
    if budget > 0 {
      appendFlight(random.happens(perMille: 700) ? .in : .out)
    } else if !isClosed {
      isClosed = true
      steps.appendClose(first: random.next() & 1 == 0 ? .in : .out)
    }
  }

  private mutating func appendFlight(_ direction: Direction) {
    var flight = Flight(
      direction: direction, start: steps.sent(direction),
      acknowledged: steps.sent(direction.reversed))
    while flight.segments.count < 24 && budget > 0 {
      let length = segmentLength()
      // With acknowledgements and copies: near enough for the length of the file.
      budget -= length + plan.overhead * 2
      flight.add(length: length, isLost: random.happens(perMille: Rate.lost))
      if flight.segments.count >= 6 && random.happens(perMille: 60) { break }
    }
    for index in captureOrder(flight) { capture(index, &flight) }
    for step in flight.later { steps.append(step) }
    steps.append(flight.acknowledgement(upTo: flight.end))
    steps.advance(direction, by: flight.end - flight.start, captured: flight.capturedBytes)
  }

  private mutating func segmentLength() -> Int {
    random.happens(perMille: 150) ? plan.maximumPayload : random.next(in: 40...400)
  }

  /// The segments in the order of their capture: delayed ones behind one to three later ones.
  private mutating func captureOrder(_ flight: borrowing Flight) -> [Int] {
    var order: [(place: Int, index: Int)] = []
    for (index, segment) in flight.segments.enumerated() where !segment.isLost {
      let isDelayed =
        index + 1 < flight.segments.count && random.happens(perMille: Rate.delayed)
      let place = 2 * index + (isDelayed ? 2 * random.next(in: 1...3) + 1 : 0)
      let target = order.lastIndex { $0.place <= place }.map { $0 + 1 } ?? 0
      order.insert((place, index), at: target)
    }
    return order.map(\.index)
  }

  /// Appends one segment, what repeats it, and what the receiver says to it.
  private mutating func capture(_ index: Int, _ flight: inout Flight) {
    var step = flight.data(index)
    extendBack(&step, index, flight)
    if step.length >= 200 && random.happens(perMille: Rate.fragmented) {
      step.fragments = random.next(in: 2...3)
      step.isBackwards = random.next() & 1 == 0
    }
    steps.append(step)
    flight.isFirst = false
    flight.segments[index].isCaptured = true
    if let answer = flight.answer(to: index) { steps.append(answer) }
    if random.happens(perMille: Rate.duplicated) { appendAgain(flight.data(index), &flight) }
    if random.happens(perMille: Rate.repeatedAcross) { repeatAcross(index, &flight) }
  }

  /// At times a segment begins with the end of the one before, which may have other bytes there
  /// where that one was captured.
  private mutating func extendBack(_ step: inout Step, _ index: Int, _ flight: borrowing Flight) {
    guard index > 0, random.happens(perMille: Rate.extendedBack) else { return }
    let before = flight.segments[index - 1]
    let room = min(before.length, plan.maximumPayload - step.length)
    guard !before.isLost, room > 0 else { return }
    let extra = random.next(in: 1...room)
    step.offset -= extra
    step.length += extra
    if before.isCaptured && random.next() & 1 == 0 { step.alteredPrefix = extra }
  }

  /// Repeats the end of one captured segment and the beginning of the next, half the time with
  /// other bytes.
  private mutating func repeatAcross(_ index: Int, _ flight: inout Flight) {
    guard index > 0, flight.segments[index - 1].isCaptured else { return }
    let room = plan.maximumPayload / 2
    let before = random.next(in: 1...min(flight.segments[index - 1].length, room))
    let after = random.next(in: 1...min(flight.segments[index].length, room))
    var step = flight.data(index)
    step.offset -= before
    step.length = before + after
    if random.next() & 1 == 0 { step.alteredPrefix = step.length }
    appendAgain(step, &flight)
  }

  /// A copy comes at once, or behind the rest of the flight.
  private mutating func appendAgain(_ step: Step, _ flight: inout Flight) {
    if random.next() & 1 == 0 { steps.append(step) } else { flight.later.append(step) }
  }
}
