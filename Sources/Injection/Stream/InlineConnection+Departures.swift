import Sockets
import Wire

/// How segments come about that leave.
extension InlineConnection {
  typealias Heard = InlineStream.Heard

  // MARK: Segments that came in

  /// A segment with what it says of the other direction as its receiver has to hear it.
  func translated(
    _ segment: StreamSegment, _ direction: Direction, _ heard: Heard?
  ) -> StreamSegment {
    guard let heard else { return segment }
    var segment = segment
    segment.acknowledgment = heard.acknowledgment
    segment.window = heard.window
    segment.sackBlocks = heard.blocks
    return segment
  }

  /// A segment without its data.
  mutating func pureAcknowledgment(
    _ segment: StreamSegment, _ direction: Direction, _ heard: Heard?
  ) -> Departure {
    var leaving = translated(segment, direction, heard)
    let stream = streams[direction.index]
    var isHeldBack = !segment.payload.isEmpty || segment.flags.contains(.fin)
    leaving.payload = []
    leaving.flags.subtract([.fin, .psh, .urg])
    if let numbering = stream.numbering {
      let offset = numbering.offset(segment.sequence, near: stream.sent)
      let place = stream.position(offset)
      isHeldBack = isHeldBack || place.isPulledBack
      let reached =
        isHeldBack
        ? stream.acceptable
        : stream.isUntouched ? place.offset : min(place.offset, stream.acceptable)
      if reached != offset { leaving.sequence = numbering.number(reached) }
    }
    // It must not be newer than what fills a hole, or is released later (RFC 7323 §5.3).
    if isHeldBack, let left = speakers[direction.index].timestampLeft {
      leaving.timestamps?.value = left
    }
    if leaving.isPureAcknowledgment, heard != nil {
      leaving.sackBlocks = withHeldBlocks(leaving.sackBlocks, of: direction.reversed, heard)
    }
    noteLeft(leaving.timestamps, direction)
    return Departure(direction: direction, segment: leaving, isAsReceived: leaving == segment)
  }

  // MARK: Keep-alives

  /// The byte before SND.NXT, or none, where nothing is under way (RFC 9293 §3.8.4). What it holds is no
  /// data.
  func isKeepAlive(_ segment: StreamSegment, _ direction: Direction) -> Bool {
    let stream = streams[direction.index]
    guard let numbering = stream.numbering, segment.payload.count <= 1,
      segment.flags.isDisjoint(with: [.syn, .fin, .rst]), stream.end == nil
    else { return false }
    let offset = numbering.offset(segment.sequence, near: stream.sent)
    return offset == stream.sent &- 1 && stream.acknowledged >= stream.sent
  }

  mutating func keepAlive(
    _ segment: StreamSegment, _ direction: Direction, _ heard: Heard?
  ) -> Departure {
    let stream = streams[direction.index]
    var leaving = translated(segment, direction, heard)
    if stream.isAnalyzed, !stream.isUntouched, let numbering = stream.numbering {
      let place = stream.next &- 1
      leaving.sequence = numbering.number(place)
      if !segment.payload.isEmpty, place >= stream.log.start, place < stream.log.end {
        leaving.payload = Array(stream.log[place..<place &+ 1])
      }
    }
    noteLeft(leaving.timestamps, direction)
    return Departure(direction: direction, segment: leaving, isAsReceived: leaving == segment)
  }

  // MARK: Stretches

  /// Sends what there is room for of a stretch.
  mutating func send(
    _ stretch: InlineStream.Stretch, _ direction: Direction, heard: Heard?
  ) -> [Departure] {
    guard let sent = streams[direction.index].send(stretch) else { return [] }
    return send(left: sent, direction, heard: heard)
  }

  mutating func send(
    left stretch: InlineStream.Stretch, _ direction: Direction, heard: Heard?
  ) -> [Departure] {
    guard let numbering = streams[direction.index].numbering else { return [] }
    let template = template(for: stretch, direction, heard)
    if stretch.isWhole, let segment = stretch.segment {
      var leaving = template
      leaving.sequence = numbering.number(stretch.range.lowerBound)
      noteLeft(leaving.timestamps, direction)
      return [Departure(direction: direction, segment: leaving, isAsReceived: leaving == segment)]
    }
    noteLeft(template.timestamps, direction)
    return pieces(of: stretch, direction, template, numbering).map {
      Departure(direction: direction, segment: $0)
    }
  }

  /// What all segments of a stretch have in common. One that was held says what its sender has said
  /// since.
  private func template(
    for stretch: InlineStream.Stretch, _ direction: Direction, _ heard: Heard?
  ) -> StreamSegment {
    guard !stretch.isLate, let segment = stretch.segment else {
      var made = madeSegment(direction)
      made.flags.insert(.psh)
      if let segment = stretch.segment {
        made.flags = segment.flags
        if speakers[direction.index].echoesCongestion { made.flags.insert(.ece) }
        made.urgentPointer = segment.urgentPointer
        made.payload = segment.payload
        made.timestamps?.value = later(
          segment.timestamps?.value, speakers[direction.index].timestampLeft)
      }
      return made
    }
    return translated(segment, direction, heard)
  }

  func later(_ first: UInt32?, _ second: UInt32?) -> UInt32 {
    guard let first, let second else { return first ?? second ?? 0 }
    return Int32(bitPattern: first &- second) > 0 ? first : second
  }

  func segmentation(_ direction: Direction, blocks: Int = 0) -> Segmentation {
    let receiver = speakers[direction.reversed.index]
    let usesTimestamps = speakers[direction.index].timestamps != nil
    return Segmentation(
      maximumSegmentSize: receiver.maximumSegmentSize
        ?? max(
          speakers[direction.index].largestPayload, Segmentation.defaultMaximumSegmentSize),
      options: usesTimestamps ? Segmentation.timestampsLength : 0,
      firstOptions: Segmentation.sackLength(blocks: blocks))
  }

  private func pieces(
    of stretch: InlineStream.Stretch, _ direction: Direction, _ template: StreamSegment,
    _ numbering: StreamNumbering
  ) -> [StreamSegment] {
    let stream = streams[direction.index]
    // What stands before the log its receiver has acknowledged.
    let start = max(stretch.range.lowerBound, stream.log.start)
    let ranges = segmentation(direction, blocks: template.sackBlocks.count)
      .pieces(of: start..<max(min(stretch.range.upperBound, stream.log.end), start))
    var pieces = ranges.map { range in
      var piece = template
      piece.sequence = numbering.number(range.lowerBound)
      piece.payload = Array(stream.log[range])
      piece.flags.subtract([.fin, .psh, .urg, .cwr])
      piece.urgentPointer = 0
      if let mark = stretch.urgentEnd, mark > range.lowerBound {
        piece.flags.insert(.urg)
        piece.urgentPointer = UInt16(clamping: mark &- range.lowerBound)
      }
      if range != ranges.first { piece.sackBlocks = [] }
      return piece
    }
    if pieces.isEmpty, stretch.hasEnd {
      var bare = template
      bare.sequence = numbering.number(stretch.range.lowerBound)
      bare.payload = []
      bare.flags.subtract([.psh, .urg, .cwr])
      bare.urgentPointer = 0
      pieces = [bare]
    }
    guard !pieces.isEmpty else { return [] }
    if template.flags.contains(.cwr) { pieces[0].flags.insert(.cwr) }
    let last = pieces.count - 1
    if template.flags.contains(.psh), !pieces[last].payload.isEmpty {
      pieces[last].flags.insert(.psh)
    }
    if stretch.hasEnd { pieces[last].flags.insert(.fin) }
    return pieces
  }

  // MARK: Timestamps

  mutating func noteLeft(_ timestamps: StreamSegment.Timestamps?, _ direction: Direction) {
    guard let value = timestamps?.value else { return }
    speakers[direction.index].timestampLeft = later(
      value, speakers[direction.index].timestampLeft)
  }
}
